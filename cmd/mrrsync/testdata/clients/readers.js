// Reads in a loop with the official client until it is interrupted: node
// readers.js URL DATABASE SQL. Every answer must be one row. In between it asks the other
// ways the client has: streams, parameters, JSON, errors.
const { createClient, ClickHouseLogLevel } = require('@clickhouse/client')

const [url, database, sql] = process.argv.slice(2)
const client = createClient({ url, database, compression: { response: true, request: false }, log: { level: ClickHouseLogLevel.OFF }, clickhouse_settings: { output_format_json_quote_64bit_integers: 1 } })
let going = true
process.on('SIGINT', () => { going = false })

function expect(what, ok, got) {
  if (!ok) throw new Error(what + ': ' + JSON.stringify(got))
}

async function others() {
  const ping = await client.ping()
  expect('ping', ping.success, ping)
  const json = await (await client.query({ query: 'SELECT {a:UInt32} + 1 AS n, {s:String} AS s', query_params: { a: 41, s: "it's" } })).json()
  expect('JSON', json.data[0].n === '42' && json.data[0].s === "it's" && json.rows === 1, json)
  let rows = 0
  const stream = (await client.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSONEachRow' })).stream()
  for await (const chunk of stream) rows += chunk.length
  expect('stream', rows === 200000, rows)
  try {
    await client.query({ query: "SELECT file('/etc/passwd')" })
    throw new Error('a file was read')
  } catch (e) {
    expect('error', e.code === '497' && e.type === 'ACCESS_DENIED', { code: e.code, type: e.type, message: e.message })
  }
  try {
    await client.command({ query: 'DROP VIEW mrr_daily' })
    throw new Error('a view was dropped')
  } catch (e) {
    expect('error', e.code === '164', { code: e.code, message: e.message })
  }
}

async function main() {
  await others()
  const took = []
  while (going) {
    const begun = performance.now()
    const rows = await (await client.query({ query: sql, format: 'JSONEachRow' })).json()
    took.push(performance.now() - begun)
    expect('an answer of more than one load', rows.length === 1, rows)
  }
  await others()
  await client.close()
  took.sort((a, b) => a - b)
  const at = (q) => took[Math.floor((took.length - 1) * q)].toFixed(0) + 'ms'
  console.log(`ok: ${took.length} answers, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`)
}

main().catch((e) => { console.log('failed: ' + (e.stack || e)); process.exit(1) })
