package serve

import (
	"slices"
	"strings"

	"mrrsync/warehouse/chdb"
)

// policy holds one statement against the lists of a guard.
type policy struct {
	*guard
	who   user
	st    chdb.Statement
	words []token
}

// The first words of statements, by who may run them.
var (
	readerVerbs = setOf("SELECT WITH ( SHOW DESCRIBE EXISTS EXPLAIN USE")
	writerVerbs = setOf("INSERT CREATE ALTER DROP TRUNCATE RENAME EXCHANGE OPTIMIZE DELETE UPDATE UNDROP CHECK")
	// What SHOW shows, and what CREATE and its like are about.
	shown   = setOf("TABLES DATABASES COLUMNS FULL EXTENDED INDEXES SETTING SETTINGS FUNCTIONS CREATE ENGINES DICTIONARIES CHANGED")
	objects = setOf("TABLE VIEW DATABASE MATERIALIZED OR")
	engines = setOf(`MergeTree ReplacingMergeTree SummingMergeTree AggregatingMergeTree CollapsingMergeTree VersionedCollapsingMergeTree
		CoalescingMergeTree Memory Null Log TinyLog StripeLog Atomic`)
)

func (p *policy) at(i int) token {
	if i < 0 || i >= len(p.words) {
		return token{}
	}
	return p.words[i]
}

// judge is nil for a statement that may run.
func (p *policy) judge() error {
	if len(p.words) == 0 {
		return chdb.NewError(62, "SYNTAX_ERROR", "Empty query")
	}
	if err := p.verb(); err != nil {
		return err
	}
	for i, t := range p.words {
		if err := p.word(i, t); err != nil {
			return err
		}
	}
	return nil
}

// verb judges what kind of statement it is.
func (p *policy) verb() error {
	first, second := strings.ToLower(p.words[0].text), strings.ToLower(p.at(1).text)
	writer := p.who.role == Writer
	switch {
	case p.words[0].kind == quoted || p.words[0].kind == text:
		return p.readonly()
	case first == "show" && !shown[second], first == "explain" && p.has("INSERT"):
		return p.denied("this statement")
	case readerVerbs[first]:
		if first == "use" && p.foreign[p.at(1).text] {
			return p.denied("the database " + p.at(1).text)
		}
		return nil
	case writer && writerVerbs[first]:
		if (first == "create" || first == "drop") && !objects[second] {
			return p.denied(strings.ToUpper(first + " " + second))
		}
		return p.engines()
	case writer:
		return p.denied("this statement")
	default:
		return p.readonly()
	}
}

// engines judges where a new table would keep its rows.
func (p *policy) engines() error {
	for i, t := range p.words {
		if t.keyword("ENGINE") && p.at(i+1).is("=") && !engines[strings.ToLower(p.at(i+2).text)] {
			return p.denied("the engine " + p.at(i+2).text)
		}
		if t.keyword("INFILE") || t.keyword("FETCH") || t.keyword("DICTIONARY") || t.keyword("disk") {
			return p.denied(strings.ToUpper(t.text))
		}
	}
	return nil
}

// has tells whether a word stands somewhere outside of quotes.
func (p *policy) has(word string) bool {
	return slices.ContainsFunc(p.words, func(t token) bool { return t.keyword(word) })
}

// word judges one word by what stands around it.
func (p *policy) word(i int, t token) error {
	if t.kind == param && strings.EqualFold(t.detail, "Identifier") {
		if strings.ContainsAny(p.st.Params[t.text], "\\`\"'") {
			return p.denied("a name with quotes or backslashes as the parameter " + t.text)
		}
		for name := range strings.SplitSeq(p.st.Params[t.text], ".") {
			if p.foreign[name] || p.internals[name] {
				return p.denied(name)
			}
		}
		// The rest is judged as if the name stood there.
		t = token{kind: quoted, text: p.st.Params[t.text]}
	}
	if !t.identifier() {
		return nil
	}
	name := strings.ToLower(t.text)
	inner := p.at(i-1).is(".") && i > 1 // behind a dot: a column, or a table of a database judged before
	switch next := p.at(i + 1); {
	case t.keyword("INTO") && next.keyword("OUTFILE"), t.keyword("PARALLEL") && next.keyword("WITH"):
		return p.denied(strings.ToUpper(t.text + " " + next.text))
	case t.keyword("SETTINGS") && p.at(i+2).is("="):
		return p.settings(i + 1)
	case next.is("(") && !inner:
		return p.call(t, name)
	case next.is(".") && !inner:
		return p.compound(t, p.at(i+2))
	case inner:
		return nil
	case p.refused[name]:
		// A name alone is a function, too, in arrayMap(file, ...) or APPLY file.
		return p.denied("the function " + t.text)
	case p.st.Database == "system" && p.internals[t.text]:
		return p.denied("the table system." + t.text)
	}
	return nil
}

// settings judges the SETTINGS clause whose first name stands at i. The engine
// does not look at those of subqueries, readonly or not. Until the clause ends,
// with its bracket or before the query of an INSERT, everything that looks like
// one more setting is taken for one.
func (p *policy) settings(i int) error {
	depth := 0
	for first := i; i < len(p.words) && depth >= 0; i++ {
		switch {
		case p.at(i).is("("):
			depth++
		case p.at(i).is(")"):
			depth--
		case depth == 0 && !p.at(i-1).is("=") && (p.at(i).keyword("SELECT") || p.at(i).keyword("WITH") || p.at(i).keyword("FORMAT")):
			return nil
		case !p.at(i).identifier() || !p.at(i+1).is("=") || i > first && !p.at(i-1).is(","):
		default:
			name := strings.ToLower(p.at(i).text)
			if p.who.role != Writer || !passed[name] && !written[name] && !stored[name] {
				return chdb.NewError(164, "READONLY", "Cannot modify '%s' setting in readonly mode", p.at(i).text)
			}
		}
	}
	return nil
}

// call judges a name in front of a bracket.
func (p *policy) call(t token, name string) error {
	if t.kind == bare && keywords[name] {
		return nil
	}
	if p.allowed[name] || aggregate(p.allowed, t.text) {
		return nil
	}
	known := p.refused[name] || p.outlawed[name]
	switch {
	case known:
		return p.denied("the function " + t.text)
	case p.who.role == Writer:
		return nil // the name of a table before its columns, a type, a codec
	case strings.EqualFold(p.words[0].text, "describe") || strings.EqualFold(p.words[0].text, "explain"):
		return p.denied(t.text)
	default:
		return chdb.NewError(46, "UNKNOWN_FUNCTION", "Function with name `%s` does not exist", t.text)
	}
}

// combinators are what the name of an aggregate function may end with.
var combinators = []string{
	"SimpleState", "OrDefault", "Distinct", "Resample", "ForEach", "ArgMax", "ArgMin", "OrNull", "Tuple", "Merge", "State", "Array", "Null", "Map", "If",
}

// aggregate tells whether a name is that of an allowed function with combinators,
// such as sumIf.
func aggregate(allowed map[string]bool, name string) bool {
	for range 5 {
		i := slices.IndexFunc(combinators, func(c string) bool { return strings.HasSuffix(name, c) })
		if i < 0 {
			return false
		}
		name = strings.TrimSuffix(name, combinators[i])
		if allowed[strings.ToLower(name)] {
			return true
		}
	}
	return false
}

// compound judges the first two parts of a name with dots.
func (p *policy) compound(first, second token) error {
	if p.foreign[first.text] && !(p.who.role == Writer && first.text == p.database+"_store") {
		return p.denied("the database " + first.text)
	}
	if first.text == "system" && p.internals[second.text] {
		return p.denied("the table system." + second.text)
	}
	return nil
}

// denied is the answer to what the user may not reach.
func (p *policy) denied(what string) error {
	return chdb.NewError(497, "ACCESS_DENIED", "%s: Not enough privileges: %s is not available here", p.who.name, what)
}

// readonly is the answer to a reader that would write.
func (p *policy) readonly() error {
	return chdb.NewError(164, "READONLY", "%s: Cannot execute query in readonly mode", p.who.name)
}
