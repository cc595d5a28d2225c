package bi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	optional    = regexp.MustCompile(`(?s)\[\[(.*?)\]\]`)
	variableTag = regexp.MustCompile(`\{\{(\w+)\}\}`)
)

// metabaseSQL replaces variables as Metabase does: what stands in [[ ]] goes when
// one of its variables is empty, values stand as literals.
func metabaseSQL(sql string, values map[string]string) (string, error) {
	sql = optional.ReplaceAllStringFunc(sql, func(m string) string {
		inside := optional.FindStringSubmatch(m)[1]
		for _, v := range variableTag.FindAllStringSubmatch(inside, -1) {
			if values[v[1]] == "" {
				return ""
			}
		}
		return inside
	})
	var missing error
	sql = variableTag.ReplaceAllStringFunc(sql, func(m string) string {
		v := values[variableTag.FindStringSubmatch(m)[1]]
		if v == "" {
			missing = fmt.Errorf("%s has no value and stands in no [[ ]]", m)
		}
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	})
	return sql, missing
}

// TestMetabase runs every question as Metabase would, with and without what is
// optional.
func TestMetabase(t *testing.T) {
	w := &world{t, small}
	files, err := filepath.Glob("metabase/questions/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		q := questionOf(t, strings.TrimSuffix(filepath.Base(f), ".sql"))
		for name, values := range map[string]map[string]string{
			"no choice":   {"currency": "reporting"},
			"all choices": {"currency": "USD", "from": "2026-02-14", "to": "2026-04-30", "source": "main", "segment": "csm", "value": "ada"},
		} {
			sql, err := metabaseSQL(string(text), values)
			if err != nil {
				t.Errorf("%s, %s: %v", f, name, err)
				continue
			}
			a, err := w.ask(sql)
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", f, name, err, sql)
				continue
			}
			if diff := cmp.Diff(q.Columns, a.names); diff != "" {
				t.Errorf("%s (-columns it declares +of its answer):\n%s", f, diff)
			}
			if name == "no choice" && len(a.rows) == 0 {
				t.Errorf("%s: nothing of the small company", f)
			}
		}
	}
}

// collection is what the tests read of collection.json.
type collection struct {
	Dashboard struct {
		Parameters []struct{ ID, Slug string }
		Cards      []struct {
			Question int
			Filters  []string
		}
	}
	Questions []struct {
		Name         string
		DatasetQuery struct {
			Native struct {
				Query string
				Tags  map[string]struct{ Name, Type string } `json:"template-tags"`
			}
		} `json:"dataset_query"`
	}
}

// TestMetabaseCollection: the cards hold the questions' statements and declare
// each variable in them.
func TestMetabaseCollection(t *testing.T) {
	c := readCollection(t)
	for _, card := range c.Questions {
		query := card.DatasetQuery.Native.Query
		for _, v := range variableTag.FindAllStringSubmatch(query, -1) {
			if card.DatasetQuery.Native.Tags[v[1]].Name != v[1] {
				t.Errorf("%s uses %s, which it does not declare", card.Name, v[1])
			}
		}
		for name := range card.DatasetQuery.Native.Tags {
			if !strings.Contains(query, "{{"+name+"}}") {
				t.Errorf("%s declares %s and does not use it", card.Name, name)
			}
		}
	}
	if len(c.Dashboard.Cards) != len(c.Questions) {
		t.Errorf("%d cards on the dashboard, %d questions", len(c.Dashboard.Cards), len(c.Questions))
	}
}

func readCollection(t testing.TB) collection {
	t.Helper()
	text, err := os.ReadFile("metabase/collection.json")
	if err != nil {
		t.Fatal(err)
	}
	var c collection
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMetabaseImport runs the script against a stand-in that answers as Metabase's
// API is documented to, and looks at what it was sent.
func TestMetabaseImport(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the script needs %s: %v", tool, err)
		}
	}
	var paths []string
	var board struct {
		Dashcards []struct {
			ID       int `json:"id"`
			CardID   int `json:"card_id"`
			Mappings []struct {
				ParameterID string `json:"parameter_id"`
				CardID      int    `json:"card_id"`
			} `json:"parameter_mappings"`
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("x-api-key") != "mb_key" {
			http.Error(rw, "who are you", http.StatusUnauthorized)
			return
		}
		paths = append(paths, r.Method+" "+r.URL.Path)
		var sent struct {
			CollectionID int                    `json:"collection_id"`
			Query        struct{ Database int } `json:"dataset_query"`
		}
		if r.Method == http.MethodPut {
			err = json.Unmarshal(body, &board)
		} else {
			err = json.Unmarshal(body, &sent)
		}
		if err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		if r.URL.Path == "/api/card" && (sent.CollectionID != 100 || sent.Query.Database != 7) {
			t.Errorf("a card goes to %+v", sent)
		}
		fmt.Fprintf(rw, `{"id": %d, "name": "x"}`, 99+len(paths))
	}))
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), "sh", "metabase/import.sh")
	cmd.Env = append(os.Environ(), "METABASE_URL="+server.URL+"/", "METABASE_API_KEY=mb_key", "METABASE_DATABASE=7")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := readCollection(t)
	want := append(append([]string{"POST /api/collection"}, slices.Repeat([]string{"POST /api/card"}, len(c.Questions))...),
		"POST /api/dashboard", fmt.Sprintf("PUT /api/dashboard/%d", 101+len(c.Questions)))
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if len(board.Dashcards) != len(c.Dashboard.Cards) {
		t.Fatalf("%d cards were put on the dashboard, want %d", len(board.Dashcards), len(c.Dashboard.Cards))
	}
	for i, card := range board.Dashcards {
		planned := c.Dashboard.Cards[i]
		if card.ID >= 0 || card.CardID != 101+planned.Question || len(card.Mappings) != len(planned.Filters) {
			t.Errorf("card %d became %+v, planned as %+v", i, card, planned)
		}
		for n, m := range card.Mappings {
			if m.CardID != card.CardID || m.ParameterID != "mrrsync-"+planned.Filters[n] {
				t.Errorf("card %d is filtered by %+v", i, m)
			}
		}
	}
	cmd = exec.CommandContext(t.Context(), "sh", "metabase/import.sh")
	cmd.Env = append(os.Environ(), "METABASE_URL="+server.URL, "METABASE_API_KEY=wrong", "METABASE_DATABASE=7")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "401") {
		t.Errorf("with a wrong key it ended well: %v\n%s", err, out)
	}
}
