package answer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"slugpuppy/bot/network/answer"
)

// thing is something with a field of every kind.
type thing struct {
	ID, Handle, Word, URL, Line, Text string
	N                                 int64
	Yes, Null                         bool
	At                                time.Time
	Parts                             answer.List[thing]
	Names                             answer.List[string]
}

func (t *thing) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			t.ID = v.ID()
		case "handle":
			t.Handle = v.Handle()
		case "word":
			t.Word = v.Word()
		case "url":
			t.URL = v.URL()
		case "line":
			t.Line = v.Line()
		case "text":
			t.Text = v.Text(answer.LongestText)
		case "n":
			t.N = v.Int()
		case "yes":
			t.Yes = v.Bool()
		case "null":
			t.Null = v.Null()
		case "at":
			t.At = v.Time()
		case "parts":
			t.Parts = answer.ListOf(v, 50, (*thing).read)
		case "names":
			t.Names = answer.Strings(v, 50, (*answer.Value).Line)
		}
	})
	return t.ID != ""
}

func one(t *testing.T, body string) (got thing) {
	t.Helper()
	if _, err := answer.Read(strings.NewReader(body), answer.Limits{}, answer.Object(func(v *answer.Value) { got.read(v) })); err != nil {
		t.Fatalf("%.200s: %v", body, err)
	}
	return got
}

func all(body string, most int) (list []thing, skipped int, err error) {
	skipped, err = answer.Read(strings.NewReader(body), answer.Limits{}, answer.All(&list, most, (*thing).read))
	return list, skipped, err
}

func TestWhatAFieldMayBe(t *testing.T) {
	long := strings.Repeat("x", 40_000)
	for _, tt := range []struct {
		field, value string
		want         any
	}{
		{"id", `"109"`, "109"},
		{"id", `109348123456789012`, "109348123456789012"},
		{"id", `"01J\u0041"`, "01JA"},
		{"id", `"` + long + `"`, ""},
		{"id", `"` + long[:256] + `"`, long[:256]},
		{"id", `"` + long[:257] + `"`, ""},
		{"id", `"1\n2"`, ""},
		{"id", `"1 2"`, ""},
		{"id", `"\u202e1"`, ""},
		{"id", `"\u001b[2J"`, ""},
		{"id", `{"id":"1"}`, ""},
		{"id", `null`, ""},
		{"id", `true`, ""},
		{"handle", `"Ada@Example.Social"`, "ada@example.social"},
		{"handle", `"ada"`, "ada"},
		{"handle", `"Äda_b.c-d@bücher.example:8080"`, "äda_b.c-d@bücher.example:8080"},
		{"handle", `"javascript:alert"`, ""},
		{"handle", `"a(b)"`, ""},
		{"handle", `"ada\u001b[31m"`, ""},
		{"handle", `"ada@b@c"`, ""},
		{"handle", `"@b"`, ""},
		{"handle", `"ada@"`, ""},
		{"handle", `"<b>@c"`, ""},
		{"handle", `"` + long + `@example.social"`, ""},
		{"word", `"public"`, "public"},
		{"word", `["public"]`, ""},
		{"url", `"https://a.example/ü?b=c"`, "https://a.example/ü?b=c"},
		{"url", `"javascript:alert(1)"`, ""},
		{"url", `"file:///etc/passwd"`, ""},
		{"url", `"//a.example/x"`, ""},
		{"url", `"https://a.example/\u0007"`, ""},
		{"url", `"https://a.example/` + long + `"`, ""},
		{"url", `null`, ""},
		{"line", `" a\r\n\u001b]0;b\u0007 "`, "a   ]0;b"},
		{"line", `"` + long + `"`, long[:500]},
		{"line", `"` + strings.Repeat("é", 400) + `"`, strings.Repeat("é", 250)},
		{"line", `"` + strings.Repeat("a", 499) + `é"`, strings.Repeat("a", 499)},
		{"line", `{"de":"x"}`, ""},
		{"text", `"a\nb\tc\u0000d\u009be"`, "a\nb\tc d e"},
		{"text", `"\ud83d\udc36 \ud83d \udc36 \ud83d\n"`, "🐶 � � �\n"},
		{"text", "\"a\xffb\"", "a?b"},
		{"text", `7`, "7"},
		{"n", `5`, int64(5)},
		{"n", `"5"`, int64(5)},
		{"n", `5.9`, int64(5)},
		{"n", `-1e3`, int64(-1000)},
		{"n", `1e400`, int64(0)},
		{"n", `"` + long + `"`, int64(0)},
		{"n", long[:0] + strings.Repeat("9", 10_000), int64(0)},
		{"n", `null`, int64(0)},
		{"n", `[5]`, int64(0)},
		{"yes", `true`, true},
		{"yes", `"true"`, true},
		{"yes", `false`, false},
		{"yes", `1`, false},
		{"yes", `{}`, false},
		{"null", `null`, true},
		{"null", `""`, false},
		{"at", `"2026-11-01T02:03:04.567Z"`, time.Date(2026, 11, 1, 2, 3, 4, 567e6, time.UTC)},
		{"at", `"2026-11-01T02:03:04"`, time.Date(2026, 11, 1, 2, 3, 4, 0, time.UTC)},
		{"at", `"2026-11-01"`, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		{"at", `"11903-01-01T00:00:00Z"`, time.Time{}},
		{"at", `""`, time.Time{}},
		{"at", `null`, time.Time{}},
		{"at", `1762000000`, time.Time{}},
		{"at", `"yesterday"`, time.Time{}},
	} {
		got := one(t, fmt.Sprintf(`{"first":[{"x":{}}], %q : %s ,"last":"}"}`, tt.field, tt.value))
		value := map[string]any{"id": got.ID, "handle": got.Handle, "word": got.Word, "url": got.URL, "line": got.Line, "text": got.Text,
			"n": got.N, "yes": got.Yes, "null": got.Null, "at": got.At}[tt.field]
		if !reflect.DeepEqual(value, tt.want) {
			t.Errorf("%s %.60s: got %.60q, want %.60q", tt.field, tt.value, value, tt.want)
		}
	}
}

func TestABadElementLosesNoOther(t *testing.T) {
	list, skipped, err := all(`[{"id":"1"}, {}, null, 7, "x", [[{"id":"8"}]], {"id":{}}, {"id":"2","parts":[{"id":3},{}]}]`, 10)
	if err != nil || len(list) != 2 || list[0].ID != "1" || list[1].ID != "2" || skipped != 7 {
		t.Fatalf("%+v, %d, %v", list, skipped, err)
	}
	if p := list[1].Parts; len(p.Items) != 1 || p.Items[0].ID != "3" || p.Bad != 1 || p.Whole() {
		t.Errorf("%+v", p)
	}
}

func TestAbsentIsNotEmpty(t *testing.T) {
	for body, want := range map[string]answer.List[thing]{
		`{}`:               {},
		`{"parts":null}`:   {},
		`{"parts":{}}`:     {},
		`{"parts":"none"}`: {},
		`{"parts":[]}`:     {Told: true},
		`{"parts":[{}]}`:   {Told: true, Bad: 1},
	} {
		got := one(t, body).Parts
		if !reflect.DeepEqual(got, want) || got.Whole() != (body == `{"parts":[]}`) {
			t.Errorf("%s: %+v", body, got)
		}
	}
	for _, body := range []string{`{}`, `{"error":"no"}`, `null`, `"[]"`, ``, `<!DOCTYPE html>`} {
		if _, _, err := all(body, 10); err == nil {
			t.Errorf("%q is taken for an empty list", body)
		}
	}
	if list, _, err := all(`[]`, 10); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}

func TestAListIsKeptUpToItsLength(t *testing.T) {
	long := "[" + strings.Repeat(`{"id":"1"},`, 60) + `{"id":"2"}]`
	if got := one(t, `{"parts":`+long+`}`).Parts; len(got.Items) != 50 || got.Left != 11 || got.Whole() {
		t.Errorf("%d items, %d left", len(got.Items), got.Left)
	}
	if _, _, err := all(long, 60); !errors.Is(err, answer.ErrTooMuch) {
		t.Errorf("a whole answer that is cut short: %v", err)
	}
	if list, _, err := all(long, 61); err != nil || len(list) != 61 {
		t.Error(len(list), err)
	}
	many := "[" + strings.Repeat(`{"id":"1","parts":`+long+`},`, 900) + "{}]"
	if _, _, err := all(many, 1000); !errors.Is(err, answer.ErrTooMuch) {
		t.Errorf("forty-five thousand things in one answer: %v", err)
	}
}

func TestTheLastOfAListAreKept(t *testing.T) {
	for n := range 12 {
		body := "[{}"
		for i := range n {
			body += fmt.Sprintf(`,{"id":"%d"}`, i)
		}
		var got answer.List[thing]
		if _, err := answer.Read(strings.NewReader(body+"]"), answer.Limits{}, func(v *answer.Value) { got = answer.LastOf(v, 5, (*thing).read) }); err != nil {
			t.Fatal(err)
		}
		if len(got.Items) != min(n, 5) || got.Left != max(0, n-5) || got.Bad != 1 {
			t.Fatalf("%d: %+v", n, got)
		}
		for i, x := range got.Items {
			if x.ID != fmt.Sprint(max(0, n-5)+i) {
				t.Errorf("of %d, %d is %s", n, i, x.ID)
			}
		}
	}
}

func TestOneThingMayStandForAList(t *testing.T) {
	for body, want := range map[string]int{`{"id":"1"}`: 1, `[{"id":"1"},{"id":"2"}]`: 2, `{}`: 0, `null`: 0, `[]`: 0} {
		var got answer.List[thing]
		read := func(v *answer.Value) { v.Fields(func([]byte) { got = answer.Some(v, 9, (*thing).read) }) }
		if _, err := answer.Read(strings.NewReader(`{"data":`+body+`}`), answer.Limits{}, read); err != nil {
			t.Error(err)
		}
		if len(got.Items) != want || got.Told != (body != `null`) {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestAnAnswerMayBeOneWord(t *testing.T) {
	for _, body := range []string{`null`, `true`, ` 7`, `-1.5e3`, "null\n", `""`, `{}`} {
		n := 0
		if _, err := answer.Read(strings.NewReader(body), answer.Limits{}, func(*answer.Value) { n++ }); err != nil || n != 1 {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestBrokenAnswersAreErrors(t *testing.T) {
	for _, body := range []string{`[`, `[{"id":"1"}`, `[{"id":"1"},`, `[{"id":"1"},]`, `[{"id" "1"}]`, `[{"x":tru`, `[{"x":"\x"}]`, `[{"x":"\u12g4"}]`,
		`[{"x":[1}]}]`, `[{,}]`, `[{"x":}]`, `[1 2]`, `["`, `[{"x":{"y":1]}]`, strings.Repeat("[", 20_000), `[{"x":` + strings.Repeat(`{"a":`, 20_000)} {
		if _, _, err := all(body, 10); err == nil {
			t.Errorf("%.40s is taken", body)
		}
	}
	if _, _, err := all(`[{"id":"1"}`, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an answer that breaks off: %v", err)
	}
	if deep := `[{"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"id":"1"}]`; true {
		if list, _, err := all(deep, 10); err != nil || len(list) != 1 {
			t.Errorf("something deep that nobody asks for: %v, %v", list, err)
		}
	}
}

func TestAnAnswerEndsAtItsLimit(t *testing.T) {
	body := `[{"id":"1","x":"` + strings.Repeat("y", 10_000) + `"}]`
	var list []thing
	read := answer.All(&list, 10, (*thing).read)
	if _, err := answer.Read(strings.NewReader(body), answer.Limits{Bytes: 5000}, read); !errors.Is(err, answer.ErrTooMuch) {
		t.Errorf("got %v", err)
	}
	if _, err := answer.Read(strings.NewReader(body), answer.Limits{Bytes: int64(len(body))}, read); err != nil || len(list) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestAnErrorOnTheWayIsTheError(t *testing.T) {
	lost := errors.New("connection lost")
	var list []thing
	_, err := answer.Read(io.MultiReader(strings.NewReader(`[{"id":"1"},`), iotest.ErrReader(lost)), answer.Limits{}, answer.All(&list, 10, (*thing).read))
	if !errors.Is(err, lost) || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// list is a mebibyte of one element.
func list(element string) string {
	return "[" + strings.Repeat(element+",", (1<<20)/(len(element)+1)) + element + "]"
}

func TestAMebibyteCostsLittle(t *testing.T) {
	const most = 8 << 20
	for name, body := range map[string]string{
		"empty objects":         list(`{}`),
		"things":                list(`{"id":"1"}`),
		"parts":                 `[{"id":"1","parts":` + list(`{"id":"1"}`) + `}]`,
		"parts of parts":        list(`{"id":"1","parts":[{"id":"2","parts":[{"id":"3"},{},{}]}]}`),
		"a field again":         `[{"id":"1"` + strings.Repeat(`,"parts":[{"id":"1"}]`, 50_000) + `}]`,
		"names":                 `[{"id":"1","names":` + list(`"a"`) + `}]`,
		"unused lists":          list(`{"id":"1","unused":[{},[{}],{"a":[]}]}`),
		"unused deep ones":      list(`{"x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`),
		"one long string":       `[{"id":"1","text":"` + strings.Repeat("x", 1<<20) + `"}]`,
		"one long name":         `[{"` + strings.Repeat("x", 1<<20) + `":1}]`,
		"no UTF-8":              `[{"id":"1","text":"` + strings.Repeat("\xff", 1<<20) + `"}]`,
		"texts":                 list(`{"id":"1","text":"` + strings.Repeat("x", 1000) + `"}`),
		"one long number":       `[{"id":"1","n":` + strings.Repeat("1", 1<<20) + `}]`,
		"spaces":                "[" + strings.Repeat(" ", 1<<20) + "]",
		"a page for people":     "<html>" + strings.Repeat("x", 1<<20),
		"escapes":               `[{"id":"1","text":"` + strings.Repeat(`\u0041`, 1<<17) + `"}]`,
		"ids that are too long": list(`{"id":"` + strings.Repeat("x", 300) + `"}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		kept, _, _ := all(body, 1000)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("%s: %d kB allocated for %d kB", name, got>>10, len(body)>>10)
		} else {
			t.Logf("%s: %d kB allocated", name, got>>10)
		}
		runtime.KeepAlive(kept)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`[{"id":"1","handle":"A@b","parts":[{"id":2}],"names":["a",null],"at":"2026-01-01T00:00:00Z"}]`, `[{"x":{"y":[1,{"z":"\ud83d\udc36"}]}}]`,
		`[{}, {"id":1e5}]`, `["\u00e9\\\"",-1.5e+10,true,false,null]`, "[", `[{"text":"` + strings.Repeat("é", 50)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, _, err := all(string(raw), 100)
		var known []json.RawMessage
		if json.Unmarshal(raw, &known) == nil && known != nil && len(known) <= 100 && err != nil {
			t.Fatalf("JSON that is refused: %v", err)
		}
		for _, x := range list {
			if x.ID == "" || len(x.ID) > answer.LongestID || len(x.Handle) > answer.LongestHandle || len(x.URL) > answer.LongestURL ||
				len(x.Line) > answer.LongestLine || len(x.Text) > answer.LongestText || strings.ContainsAny(x.ID+x.Handle+x.Line, "\x00\x1b\r\n") {
				t.Fatalf("%+v", x)
			}
		}
	})
}
