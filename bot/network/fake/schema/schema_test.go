package schema_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"slugpuppy/bot/network/fake/schema"
)

const table = `
Error
  error  text
Thing            # something
  id     id
  url    url null
  kind   a|b
  n      int optional
  parts  [Part]
Part
  x  flag
Big of Thing
  kind  c|d
  more  date

GET /things = [Thing]
  limit   int
  kind[]  a|b
  empty   int null
POST /things = Big
  file  any
  name  text
DELETE /things/{id} =
`

func check(t *testing.T, e schema.Exchange, loose bool) []string {
	t.Helper()
	return schema.Must(table).Check(e, loose)
}

func TestTheFakesKnowWhatTheirTablesSay(t *testing.T) {
	for _, of := range []string{"mastodontest", "xtest"} {
		folder := filepath.Join("..", of, "testdata")
		text, err := os.ReadFile(filepath.Join(folder, "schema.txt"))
		if err != nil {
			t.Fatal(err)
		}
		packed, err := os.ReadFile(filepath.Join(folder, "schema.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(schema.Unpack(packed), schema.Must(string(text))) {
			t.Errorf("%s: run go generate ./bot/network/fake/%s", of, of)
		}
	}
}

func TestWhatIsAsDocumentedPasses(t *testing.T) {
	for _, e := range []schema.Exchange{
		{Route: "GET /things", Query: "limit=4&kind[]=a&kind[]=b&empty=", Code: 200, Answer: []byte(`[{"id":"1","url":null,"kind":"a","parts":[{"x":true}]},{"id":"2","url":"https://a.example","kind":"b","n":3,"parts":[]}]`)},
		{Route: "POST /things", Type: "application/json", Body: []byte(`{"name":"x"}`), Code: 201, Answer: []byte(`{"id":"1","url":null,"kind":"d","more":"2026-01-31","parts":[]}`)},
		{Route: "POST /things", Type: "application/x-www-form-urlencoded", Body: []byte(`nonsense=x`), Code: 422, Answer: []byte(`{"error":"nonsense"}`)},
		{Route: "DELETE /things/{id}", Code: 200},
		{Route: "GET /nowhere", Code: 404, Answer: []byte(`{}`)},
	} {
		if found := check(t, e, false); len(found) > 0 {
			t.Errorf("%s: %v", e.Route, found)
		}
	}
}

func TestWhatIsNotAsDocumentedIsFound(t *testing.T) {
	const good = `{"id":"1","url":null,"kind":"a","parts":[]}`
	for name, tt := range map[string]struct {
		e    schema.Exchange
		want string
	}{
		"a field that is missing":     {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":"1","kind":"a","parts":[]}]`)}, "[0] lacks url"},
		"a field that is not known":   {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":"1","url":null,"kind":"a","parts":[],"z":1}]`)}, "has z"},
		"a number for an id":          {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":1,"url":null,"kind":"a","parts":[]}]`)}, ".id is no id"},
		"another word":                {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":"1","url":null,"kind":"c","parts":[]}]`)}, "no a|b"},
		"null":                        {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":null,"url":null,"kind":"a","parts":[]}]`)}, ".id is no id"},
		"something deep":              {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":"1","url":null,"kind":"a","parts":[{"x":1}]}]`)}, "[0].parts[0].x is no flag"},
		"an object for a list":        {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(good)}, "no list"},
		"a half":                      {schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[`)}, "no JSON"},
		"a refusal without a reason":  {schema.Exchange{Route: "GET /things", Code: 500, Answer: []byte(`{}`)}, "lacks error"},
		"a parameter nobody knows":    {schema.Exchange{Route: "GET /things", Query: "x=1", Code: 200, Answer: []byte(`[]`)}, "says x"},
		"a parameter of another type": {schema.Exchange{Route: "GET /things", Query: "limit=many", Code: 200, Answer: []byte(`[]`)}, "limit=many"},
		"one of several":              {schema.Exchange{Route: "GET /things", Query: "kind[]=a&kind[]=c", Code: 200, Answer: []byte(`[]`)}, "kind[]=c"},
		"a body":                      {schema.Exchange{Route: "POST /things", Type: "application/json", Body: []byte(`{"name":{"x":1}}`), Code: 200, Answer: []byte(`{"id":"1","url":null,"kind":"d","more":"2026-01-31","parts":[]}`)}, "says name[x]"},
		"a call nobody knows":         {schema.Exchange{Route: "GET /nothing", Code: 200, Answer: []byte(`{}`)}, "no GET /nothing"},
	} {
		if found := strings.Join(check(t, tt.e, false), "; "); !strings.Contains(found, tt.want) {
			t.Errorf("%s: %q", name, found)
		}
	}
}

func TestOthersMayLeaveOutAndAdd(t *testing.T) {
	e := schema.Exchange{Route: "GET /things", Code: 200, Answer: []byte(`[{"id":"1","z":1}]`)}
	if found := check(t, e, true); len(found) > 0 {
		t.Error(found)
	}
	e.Answer = []byte(`[{"id":1}]`)
	if found := check(t, e, true); len(found) != 1 {
		t.Error(found)
	}
}

func TestATableMustBeWhole(t *testing.T) {
	for _, text := range []string{"A\n  x  Nobody\n", "GET /x = [Nobody]\n", "  x text\n", "A\n  x\n"} {
		if _, err := schema.Parse(text); err == nil {
			t.Errorf("%q is a table", text)
		}
	}
}
