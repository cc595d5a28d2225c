package serve

import "strings"

// kind is what a token of SQL is.
type kind uint8

const (
	bare   kind = iota + 1 // an identifier or keyword without quotes
	quoted                 // an identifier in quotes
	number                 // begins with a digit
	text                   // a string literal
	param                  // {name:Type}; its text is the name, its detail the type
	sign                   // anything else, one byte
)

// token is one token of SQL as the engine writes it.
type token struct {
	kind   kind
	text   string // without quotes and escapes
	detail string
}

func (t token) identifier() bool    { return t.kind == bare || t.kind == quoted }
func (t token) is(sign string) bool { return t.kind != quoted && t.kind != text && t.text == sign }

// keyword compares a bare word, whatever its case.
func (t token) keyword(word string) bool { return t.kind == bare && strings.EqualFold(t.text, word) }

// tokens splits what the engine's formatter wrote: one spelling for
// everything, no comments, strings in single quotes with backslashes. It is not
// for SQL as people write it.
func tokens(sql string) []token {
	var all []token
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'':
			s, end := unquote(sql, i)
			all, i = append(all, token{kind: text, text: s}), end
		case c == '`' || c == '"':
			s, end := unquote(sql, i)
			all, i = append(all, token{kind: quoted, text: s}), end
		case c == '{':
			t, end := parameter(sql, i)
			all, i = append(all, t), end
		case wordByte(c):
			start := i
			for i < len(sql) && wordByte(sql[i]) {
				i++
			}
			t := token{kind: bare, text: sql[start:i]}
			if c >= '0' && c <= '9' {
				t.kind = number
			}
			all = append(all, t)
		default:
			all, i = append(all, token{kind: sign, text: sql[i : i+1]}), i+1
		}
	}
	return all
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// unquote reads the quoted text that begins at i and the place after it. What an
// escape stands for matters in no comparison of ours but for the quotes and the
// backslash; the others are left as the letter they are written with.
func unquote(sql string, i int) (string, int) {
	mark := sql[i]
	var b strings.Builder
	for i++; i < len(sql); i++ {
		switch {
		case sql[i] == '\\' && i+1 < len(sql):
			i++
			b.WriteByte(sql[i])
		case sql[i] == mark && i+1 < len(sql) && sql[i+1] == mark:
			i++
			b.WriteByte(mark)
		case sql[i] == mark:
			return b.String(), i + 1
		default:
			b.WriteByte(sql[i])
		}
	}
	return b.String(), len(sql)
}

// parameter reads {name:Type}.
func parameter(sql string, i int) (token, int) {
	end := i + 1
	for end < len(sql) && sql[end] != '}' {
		if sql[end] == '\'' {
			_, end = unquote(sql, end)
			continue
		}
		end++
	}
	name, typ, _ := strings.Cut(sql[i+1:min(end, len(sql))], ":")
	return token{kind: param, text: strings.TrimSpace(name), detail: strings.TrimSpace(typ)}, min(end+1, len(sql))
}
