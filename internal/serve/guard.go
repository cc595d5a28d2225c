package serve

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mrrsync/warehouse/chdb"
)

//go:embed functions.txt
var functionList string

// A guard decides what a statement may reach. The engine inside the process has
// neither users nor grants: a session with readonly = 1 refuses what would
// write, but lets a SELECT read any file the process can read, and shows the
// tables of the store. So a statement is first written out by the engine's own
// parser, which leaves one spelling for everything and no comments, and the
// functions, tables and clauses in that are held against lists of what is
// allowed. The dump of EXPLAIN AST would be the other way, but it leaves out
// the definitions of windows and the functions of APPLY.
type guard struct {
	db       *chdb.DB
	database string // of the views; what "default" means, too

	allowed   map[string]bool // functions and table functions, in lower case
	refused   map[string]bool // the engine's other functions, in lower case
	outlawed  map[string]bool // the engine's other table functions, in lower case
	foreign   map[string]bool // databases that are nobody's business here
	internals map[string]bool // tables of `system` that are not for readers

	mu    sync.Mutex
	known map[string]vetted // verdicts, by everything they depend on
}

// vetted is what a guard found out about a statement.
type vetted struct {
	err     error
	nothing bool // it has no effect in a session that ends with it, such as USE
}

// tables of `system` that clients ask when they draw their trees. Those with a
// database in them are filtered: see filters.
var systemTables = []string{
	"one", "numbers", "numbers_mt", "zeros", "zeros_mt", "databases", "tables", "columns", "functions", "table_functions", "table_engines",
	"database_engines", "data_type_families", "formats", "settings", "merge_tree_settings", "keywords", "time_zones", "collations", "build_options",
	"contributors", "licenses", "aggregate_function_combinators", "data_skipping_indices", "parts", "dictionaries", "constraints", "projections",
	"documentation", "completions", "current_roles", "enabled_roles", "settings_changes", "codecs", "privileges",
}

// tableFunctions are those that make rows out of nothing.
var tableFunctions = []string{
	"numbers", "numbers_mt", "zeros", "zeros_mt", "generate_series", "generateSeries", "primes", "values", "SQLStandardValues", "view", "viewExplain", "null",
}

// keywords are the words that may stand before a bracket without being a
// function.
var keywords = setOf(`ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY CASE COLUMNS CROSS CUBE DESC DISTINCT DIV ELSE EXCEPT EXISTS FILTER FINAL FROM
	FULL GLOBAL GROUPING HAVING ILIKE IN INNER INTERPOLATE INTERSECT INTERVAL IS JOIN LEFT LIKE LIMIT MOD NOT NULL OFFSET ON OR OVER PASTE PREWHERE
	QUALIFY REPLACE RIGHT ROLLUP SAMPLE SELECT SEMI SETS STEP THEN TO TOTALS UNION USING WHEN WHERE WINDOW WITH AND TABLE EXPLAIN PLAN PIPELINE SYNTAX
	ESTIMATE AST TREE STALENESS`)

// formats are the output formats a reader may have. Not among them: those that
// take a schema or a template from a file.
var formats = setOf(`Arrow ArrowStream Avro BSONEachRow CSV CSVWithNames CSVWithNamesAndTypes CustomSeparated CustomSeparatedWithNames
	CustomSeparatedWithNamesAndTypes GeoJSON Hash JSON JSONColumns JSONColumnsWithMetadata JSONCompact JSONCompactColumns JSONCompactEachRow
	JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes JSONCompactEachRowWithProgress JSONCompactStrings JSONCompactStringsEachRow
	JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes JSONCompactStringsEachRowWithProgress JSONEachRow
	JSONEachRowWithProgress JSONL JSONLines JSONObjectEachRow JSONStrings JSONStringsEachRow JSONStringsEachRowWithProgress LineAsString
	LineAsStringWithNames LineAsStringWithNamesAndTypes MD Markdown MsgPack NDJSON Native Npy Null ORC Parquet Pretty PrettyCompact
	PrettyCompactMonoBlock PrettyCompactNoEscapes PrettyCompactNoEscapesMonoBlock PrettyJSONEachRow PrettyJSONLines PrettyMonoBlock PrettyNDJSON
	PrettyNoEscapes PrettyNoEscapesMonoBlock PrettySpace PrettySpaceMonoBlock PrettySpaceNoEscapes PrettySpaceNoEscapesMonoBlock Prometheus Raw RawBLOB
	RawWithNames RawWithNamesAndTypes RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes SQLInsert TSKV TSV TSVRaw TSVRawWithNames
	TSVRawWithNamesAndTypes TSVWithNames TSVWithNamesAndTypes TabSeparated TabSeparatedRaw TabSeparatedRawWithNames TabSeparatedRawWithNamesAndTypes
	TabSeparatedWithNames TabSeparatedWithNamesAndTypes Values Vertical XML`)

func setOf(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[strings.ToLower(w)] = true
	}
	return all
}

// newGuard asks the engine what there is to be guarded.
func newGuard(ctx context.Context, db *chdb.DB, database string) (*guard, error) {
	g := &guard{db: db, database: database, allowed: map[string]bool{}, known: map[string]vetted{}}
	for line := range strings.Lines(functionList) {
		if !strings.HasPrefix(line, "#") {
			for _, name := range strings.Fields(line) {
				g.allowed[strings.ToLower(name)] = true
			}
		}
	}
	for _, name := range tableFunctions {
		g.allowed[strings.ToLower(name)] = true
	}
	var err error
	list := func(sql string, keep func(string) bool) map[string]bool {
		names := map[string]bool{}
		all, listErr := g.ask(ctx, sql, nil)
		err = errors.Join(err, listErr)
		for _, name := range strings.Fields(all) {
			if keep(name) {
				names[name] = true
			}
		}
		return names
	}
	g.refused = list("SELECT lower(name) FROM system.functions", func(n string) bool { return !g.allowed[n] })
	g.outlawed = list("SELECT lower(name) FROM system.table_functions", func(n string) bool { return !g.allowed[n] })
	g.foreign = list("SELECT name FROM system.databases", func(n string) bool {
		return n != database && n != "system" && !strings.EqualFold(n, "information_schema")
	})
	g.foreign["default"], g.foreign[database+"_store"], g.foreign["_temporary_and_external_tables"] = true, true, true
	g.internals = list("SELECT name FROM system.tables WHERE database = 'system'", func(n string) bool { return !slices.Contains(systemTables, n) })
	if err != nil {
		return nil, fmt.Errorf("ask the engine for its functions and tables: %w", err)
	}
	return g, nil
}

// filters hides the store in what clients ask about tables. It is the value of
// the engine's setting additional_table_filters.
func (g *guard) filters() string {
	var entries []string
	for table, column := range map[string]string{
		"tables": "database", "columns": "database", "databases": "name", "parts": "database", "data_skipping_indices": "database",
		"dictionaries": "database", "constraints": "database", "projections": "database", "completions": "belongs",
	} {
		condition := fmt.Sprintf(`%s IN (\'%s\', \'system\', \'information_schema\', \'INFORMATION_SCHEMA\')`, column, g.database)
		if table == "completions" {
			condition = `context NOT IN (\'database\', \'table\', \'column\')`
		}
		entries = append(entries, fmt.Sprintf("'system.%s': '%s'", table, condition))
	}
	slices.Sort(entries)
	return "{" + strings.Join(entries, ", ") + "}"
}

// ask runs a statement of ours.
func (g *guard) ask(ctx context.Context, sql string, params map[string]string) (string, error) {
	var b bytes.Buffer
	_, err := g.db.Run(ctx, chdb.Statement{
		SQL: sql, Format: "TSVRaw", Database: "system", Params: params,
		Settings: map[string]string{"max_execution_time": "10", "max_memory_usage": "500000000"},
	}, &b)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// scope is the part of the engine's messages that quotes our own question.
var scope = regexp.MustCompile(`(?s): In scope SELECT formatQuerySingleLine\(.*\)\. \(`)

// vet judges a statement. An error is what to answer instead of running it.
func (g *guard) vet(ctx context.Context, who user, st chdb.Statement) (vetted, error) {
	key := fmt.Sprintf("%d\x00%s\x00%s", who.role, st.Database, st.SQL)
	if strings.Contains(strings.ToLower(st.SQL), "identifier") { // else parameters are values, whatever they say
		for _, name := range slices.Sorted(maps.Keys(st.Params)) {
			key += "\x00" + name + "\x00" + st.Params[name]
		}
	}
	g.mu.Lock()
	v, ok := g.known[key]
	g.mu.Unlock()
	if ok {
		return v, v.err
	}
	if strings.ContainsRune(st.SQL, 0) {
		return vetted{}, chdb.NewError(62, "SYNTAX_ERROR", "The query holds a NUL character")
	}
	written, err := g.ask(ctx, "SELECT formatQuerySingleLine({q:String})", map[string]string{"q": chdb.EscapeParam(st.SQL)})
	if e := new(chdb.Error); errors.As(err, &e) {
		e.Message = scope.ReplaceAllString(e.Message, ". (")
		return vetted{}, e
	}
	if err != nil {
		return vetted{}, err
	}
	p := &policy{guard: g, who: who, st: st, words: tokens(written)}
	v = vetted{err: p.judge(), nothing: len(p.words) > 0 && p.words[0].keyword("USE")}
	if len(key) < 8<<10 {
		g.mu.Lock()
		if len(g.known) > 1000 {
			clear(g.known)
		}
		g.known[key] = v
		g.mu.Unlock()
	}
	return v, v.err
}
