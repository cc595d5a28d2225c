"""Reads in a loop with clickhouse-connect and with SQLAlchemy over it until it is interrupted: readers.py URL DATABASE SQL."""

import signal
import sys
import time
from urllib.parse import urlparse

import clickhouse_connect
import sqlalchemy
from clickhouse_connect.driver.exceptions import DatabaseError

url, database, sql = urlparse(sys.argv[1]), sys.argv[2], sys.argv[3]
going = True


def stop(*_):
    global going
    going = False


signal.signal(signal.SIGINT, stop)


def expect(what, ok, got):
    if not ok:
        raise AssertionError(f"{what}: {got!r}")


def refused(what, code, ask):
    try:
        ask()
    except (DatabaseError, sqlalchemy.exc.DatabaseError) as e:
        expect(what, f"code {code}" in str(e).lower() or f"code: {code}" in str(e).lower(), str(e))
        return
    raise AssertionError(what + " was allowed")


def connect(client):
    """What tools do when they connect and draw their trees."""
    expect("version", client.server_version[:2].isdigit(), client.server_version)
    expect("ping", client.ping(), False)
    got = client.query("SELECT {a:UInt32} + 1 AS n, {s:String} AS s, toDecimal64('1.5', 4) AS d, today() AS t", parameters={"a": 41, "s": "it's"}).first_row
    expect("parameters", got[0] == 42 and got[1] == "it's" and str(got[2]) in ("1.5", "1.5000"), got)
    expect("tables", "mrr_daily" in client.command("SHOW TABLES").split("\n"), "SHOW TABLES")
    columns = client.query("DESCRIBE TABLE mrr_daily").result_rows
    expect("columns", columns[0][:2] == ("date", "Date"), columns[:1])
    with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(200000)") as stream:
        rows = sum(len(block) for block in stream)
    expect("stream", rows == 200000, rows)
    expect("raw", client.raw_query("SELECT 1", fmt="CSV") == b"1\n", "CSV")
    expect("settings", client.query("SELECT 1", settings={"max_execution_time": 10}).first_row == (1,), "max_execution_time")
    refused("a file", 497, lambda: client.query("SELECT file('/etc/passwd')"))
    refused("a drop", 164, lambda: client.command("DROP VIEW mrr_daily"))


def alchemy(engine):
    """What Superset does."""
    inspector = sqlalchemy.inspect(engine)
    expect("schemas", database in inspector.get_schema_names(), inspector.get_schema_names())
    names = set(inspector.get_table_names(database)) | set(inspector.get_view_names(database))
    expect("tables", "mrr_waterfall_monthly" in names, names)
    columns = {c["name"]: c["type"] for c in inspector.get_columns("mrr_waterfall_monthly", schema=database)}
    expect("columns", "ending_mrr" in columns, columns)
    with engine.connect() as c:
        got = c.execute(sqlalchemy.text("SELECT month, sum(ending_mrr) AS mrr FROM mrr_waterfall_monthly WHERE month >= :d GROUP BY month ORDER BY month LIMIT 5"), {"d": "2025-01-01"}).fetchall()
        expect("rows", len(got) > 0, got)


took = {"clickhouse-connect": [], "SQLAlchemy": []}


def timed(name, ask):
    begun = time.monotonic()
    rows = ask()
    took[name].append(time.monotonic() - begun)
    expect("an answer of more than one load", len(rows) == 1, rows)


client = clickhouse_connect.get_client(host=url.hostname, port=url.port, database=database)
engine = sqlalchemy.create_engine(f"clickhousedb://{url.hostname}:{url.port}/{database}")


def read():
    with engine.connect() as c:
        return c.execute(sqlalchemy.text(sql)).fetchall()


try:
    connect(client)
    alchemy(engine)
    while going:
        timed("clickhouse-connect", lambda: client.query(sql).result_rows)
        timed("SQLAlchemy", read)
    connect(client)
except Exception as e:  # the test shows it
    print(f"failed: {type(e).__name__}: {e}")
    sys.exit(1)
for i, (name, all) in enumerate(took.items()):
    all.sort()
    at = lambda q: f"{all[int((len(all) - 1) * q)] * 1000:.0f}ms"
    print(("ok: " if i == 0 else "") + f"{name}: {len(all)} answers, p50 {at(0.5)}, p99 {at(0.99)}, max {at(1)}")
