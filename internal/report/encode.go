package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/shopspring/decimal"
)

// CSV writes the table for machines: the columns' names, then every digit there
// is. A text that a spreadsheet would take for a formula stands behind an
// apostrophe.
func (t *Table) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	line := make([]string, len(t.Columns))
	for i, col := range t.Columns {
		line[i] = col.Name
	}
	if err := c.Write(line); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	for _, row := range t.Rows {
		for i, v := range row {
			line[i] = exact(v)
			if t.Columns[i].Kind == Text && strings.ContainsAny(firstByte(line[i]), "=+-@\t\r") {
				line[i] = "'" + line[i]
			}
		}
		if err := c.Write(line); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

func firstByte(s string) string {
	if s == "" {
		return ""
	}
	return s[:1]
}

// JSON writes the table as an array of objects, one row a line, its keys in the
// order of the columns. Amounts are numbers with every digit there is.
func (t *Table) JSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("[")
	for r, row := range t.Rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n{")
		for i, v := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			key, err := literal(t.Columns[i].Name)
			if err != nil {
				return fmt.Errorf("write json: %w", err)
			}
			value, err := jsonValue(v)
			if err != nil {
				return fmt.Errorf("write json: %w", err)
			}
			b.Write(key)
			b.WriteByte(':')
			b.Write(value)
		}
		b.WriteByte('}')
	}
	if len(t.Rows) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}

func jsonValue(v any) ([]byte, error) {
	switch v := v.(type) {
	case decimal.Decimal, uint64:
		return []byte(exact(v)), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return []byte("null"), nil
		}
		return []byte(exact(v)), nil
	}
	return literal(exact(v))
}

// literal is a JSON string. Angle brackets and ampersands stay readable.
func literal(s string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
