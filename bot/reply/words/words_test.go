package words_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// Where a sentence can go.
type place struct {
	name string
	room int // beside the longest handle and what stands around it
	of   func(string) int
}

var (
	// A Mastodon name has at most 30 characters and a label of a domain 63.
	mastodon = place{"Mastodon", 500 - (30 + 1 + 63 + len("@ ")), utf8.RuneCountInString}
	onX      = place{"X", 280 - (15 + len("@ ")), weight}
	nowhere  []place
	both     = []place{mastodon, onX}
	// Orders are given where there are private messages.
	onlyMastodon = []place{mastodon}
)

// weight is what X counts a text as: most of what is not written in Latin, Greek or Cyrillic
// letters counts twice (X's counting characters, configuration 3).
func weight(text string) (n int) {
	for _, r := range text {
		n++
		if r > 4351 && (r < 8192 || r > 8205) && (r < 8208 || r > 8223) && (r < 8242 || r > 8247) {
			n++
		}
	}
	return n
}

// said is every exported function that makes a sentence, with the longest it can be asked for.
func said() map[string]struct {
	at  []place
	all []string
} {
	type row = struct {
		at  []place
		all []string
	}
	longest := strings.Repeat("w", 48)
	guesses := slices.Repeat([]classifier.Guess{{Label: strings.Repeat("l", 30), P: 1}}, 9)
	unsure := dream.Sight{Guesses: guesses}
	recipe := dream.Recipe{Verb: dream.Wander, Preset: "nightmare", Octaves: 8, OctaveScale: 1.99, Steps: 100, Strength: 10, Seed: 1<<32 - 1,
		Size: 8192, Mask: dream.KeepBackground, KeepColours: true, Guide: true, Free: true, Generation: 1000, Repeat: 5, Seconds: 12, Model: "0123abcd",
		Words: slices.Repeat([]dream.WordTerm{{Label: 381, Weight: -1.5}}, 60)}
	made := words.Made{Piece: dream.Piece{Saw: unsure, Dreamed: guesses, Recipe: recipe, Notes: notes()}, Without: []string{longest, longest}, Unknown: []string{longest, longest},
		Heard: mention.Heard{Read: []mention.Read{{Typed: longest, As: longest}}, Passed: []string{longest}}}
	wordy, all := wordiest()
	short := recipe
	short.Words = short.Words[:2]
	return map[string]row{
		"Of":          {both, []string{words.Of(errors.New("ours")), words.Of(fmt.Errorf("file: %w", &picture.Problem{Kind: picture.TooBig}))}},
		"Recipe":      {both, values(recipeProblems())},
		"UnknownWord": {both, []string{words.UnknownWord(&dream.UnknownWord{Word: strings.Repeat("字", 48), Nearest: []string{longest[:30], longest[:30], longest[:30]}}), words.UnknownWord(&dream.UnknownWord{Word: longest, Known: []string{longest, longest, longest}})}},
		"Request":     {both, values(requestProblems())},
		"Picture":     {both, values(pictureProblems())},
		"Note":        {both, words.Notes(notes())},
		"Notes":       {both, words.Notes(notes())},
		"TooMany":     {both, []string{words.TooMany(time.Now())}},
		"Original":    {[]place{mastodon}, []string{words.Original("https://" + strings.Repeat("s", 63) + "/@" + strings.Repeat("n", 30) + "/1234567890123456789")}},
		"Asked":       {[]place{mastodon}, []string{words.Asked(strings.Repeat("n", 94), 90*time.Minute)}},
		"DoneBefore":  {both, []string{words.DoneBefore(""), words.DoneBefore("https://x.example/" + strings.Repeat("s", 63))}},
		"Ask":         {[]place{mastodon}, []string{words.Ask(strings.Repeat("n", 94))}},
		"See": {both, []string{words.See(dream.Sight{Guesses: guesses[:5], Sure: dream.Certainty{What: guesses[0].Label, P: 1}}), words.See(unsure),
			words.See(dream.Sight{Guesses: guesses, Sure: dream.Certainty{What: "stringed instrument", P: 1, Kind: true}})}},
		"ReadToken": {both, []string{words.ReadToken(recipe, nil)}},
		"About":     {both, []string{words.About(short.Token(), nil), words.About("dd2-other", nil)}},
		"Waiting": {both, []string{words.Waiting(slices.Repeat([]words.Standing{{State: words.Asking}}, 30)),
			words.Waiting(slices.Repeat([]words.Standing{{State: words.InLine, Place: 500, In: 23*time.Hour + 50*time.Minute}}, 500)),
			words.Waiting(slices.Repeat([]words.Standing{{State: words.Dreaming, Progress: 1, In: 10 * time.Hour}}, 500))}},
		"Cancelled":   {both, []string{words.Cancelled(100)}},
		"Known":       {both, []string{words.Known(wordy, strings.Repeat(longest, 9), all), words.Known(wordy, longest, dream.Meaning{Terms: all.Terms, As: longest})}},
		"SomeWords":   {both, []string{words.SomeWords(wordy), words.SomeWords(vocabulary())}},
		"Heard":       {nowhere, []string{words.Heard(made.Heard, made.Unknown)}},
		"QueueLength": {both, []string{words.QueueLength(0), words.QueueLength(1), words.QueueLength(1_000_000)}},
		"Presets":     {both, []string{words.Presets()}},
		"Preset":      {both, presets()},
		"Help":        {both, helps()},
		"Caption":     {both, []string{words.Caption(made, 1000)}},
		"Tagged":      {both, []string{words.Tagged(made, 1000)}},
		"Alt":         {nowhere, []string{words.Alt("", made, 1000)}},
		"Answer":      {onlyMastodon, answers()},
		"Done":        {onlyMastodon, values(changes())},
		"Filter":      {onlyMastodon, filters()},
		"Promise": {onlyMastodon, []string{words.Promise(1e-3, detector.Promise{Score: 0.123, Found: 1, Ordinary: 1, Hard: 1}),
			words.Promise(1e-5, detector.Promise{Score: 0.123, Measured: true, Found: 1})}},
		"Budget":   {onlyMastodon, []string{words.Budget(0), words.Budget(1e-5)}},
		"MuteRule": {onlyMastodon, []string{words.MuteRule(muting), words.MuteRule(store.MuteRule{})}},
		"Reasons":  {onlyMastodon, values(reasons())},
		"Happened": {nowhere, []string{words.Happened(store.Entry{Action: store.PostsCalled, Subject: "100 posts", Reason: string(timeline.CalledNoDream)}),
			words.Happened(store.Entry{Action: store.RuleAdded, Subject: "word " + strings.Repeat(longest, 9)}), words.Happened(store.Entry{Action: "something else"})}},
		"Logged":      {nowhere, []string{words.Logged(store.Entry{Action: store.RuleAdded, Subject: strings.Repeat(longest, 9), Reason: strings.Repeat(longest, 9)}), words.Logged(store.Entry{Action: store.MoveBegun, Subject: longest, Reason: strings.Repeat(longest, 9)})}},
		"JobIs":       {nowhere, []string{words.JobIs("1", "queued", true), words.JobIs("1", "queued", false)}},
		"ListPreview": {nowhere, []string{words.ListPreview(0, 0, 0, 0, 0, 0, 0), words.ListPreview(100000, 100000, 100000, 100000, 99999, 100000, 100000)}},
		"Fate":        {nowhere, []string{words.Fate(store.Unwanted)}},
		"Why":         {nowhere, values(reasons())},
		"Audit":       {onlyMastodon, audits()},
		"Report":      {onlyMastodon, []string{words.Report(report()), words.Report(timeline.Report{Judged: 1, Since: wednesday})}},
		"Digest":      {onlyMastodon, []string{words.Digest(timeline.Digest{Report: report(), HidesFrom: wednesday}), words.Digest(timeline.Digest{Report: report(), HidesNow: true})}},
		"Order":       {onlyMastodon, values(orderProblems())},
		"Notice":      {onlyMastodon, values(notices())},
		"Count":       {nowhere, []string{words.Count(1, "1 post", "posts"), words.Count(0, "1 post", "posts")}},
		"Requests":    {nowhere, []string{words.Requests(0), words.Requests(1), words.Requests(1000)}},
		"Cut":         {nowhere, []string{words.Cut(longest, 7)}},
		"NoServer":    {nowhere, []string{words.NoServer("Mastodon")}},
		"EnoughTried": {nowhere, []string{words.EnoughTried(1000)}},
	}
}

func TestEverySentenceFitsWhereItGoes(t *testing.T) {
	consts, functions := exported(t)
	table := said()
	for _, name := range functions {
		if _, ok := table[name]; !ok {
			t.Errorf("%s is not in the table", name)
		}
	}
	check := func(name, text string, at []place) {
		if !utf8.ValidString(text) || strings.Contains(text, "%!") {
			t.Errorf("%s: %q", name, text)
		}
		for _, p := range at {
			if n := p.of(text); n > p.room {
				t.Errorf("%s has %d characters on %s, where there is room for %d: %s", name, n, p.name, p.room, text)
			}
		}
	}
	for name, text := range consts {
		check(name, text, both)
	}
	for name, row := range table {
		if len(row.all) == 0 {
			t.Errorf("%s says nothing", name)
		}
		for _, text := range row.all {
			check(name, text, row.at)
		}
	}
}

// What is made of something says so in words of its own, ends like a sentence and names nothing twice.
func TestEveryProblemHasItsOwnSentence(t *testing.T) {
	for name, all := range map[string]map[string]string{"recipe": recipeProblems(), "request": requestProblems(), "picture": pictureProblems(),
		"order": orderProblems(), "notice": notices(), "change": changes(), "reasons": reasons()} {
		before := map[string]string{}
		if len(all) < 2 {
			t.Errorf("%s: only %d", name, len(all))
		}
		for kind, text := range all {
			if other, ok := before[text]; ok {
				t.Errorf("%s: %s and %s are both %q", name, kind, other, text)
			}
			before[text] = kind
			if text == "" || name != "change" && !strings.ContainsAny(text[len(text)-1:], ".!?") {
				t.Errorf("%s: %s is %q", name, kind, text)
			}
		}
	}
}

// The problems' kinds are read from their packages, so that none can be forgotten here.
func recipeProblems() map[string]string {
	layers := func(n int) (all []string) {
		for range n {
			all = append(all, strings.Repeat("l", 40))
		}
		return all
	}
	out := map[string]string{}
	for _, kind := range named("../../../dream", "ProblemKind") {
		p := dream.Problem{Kind: dream.ProblemKind(kind), Name: strings.Repeat("n", 99), Known: layers(100)}
		switch p.Kind {
		case dream.OutOfRange:
			for _, f := range named("../../../dream", "Field") {
				out[kind+f] = words.Recipe(&dream.Problem{Kind: dream.OutOfRange, Field: dream.Field(f), Name: p.Name, Value: 1, Min: -8191, Max: 8192})
			}
			continue
		case dream.UnknownPreset:
			p.Known = nil
			for _, look := range dream.Presets() {
				p.Known = append(p.Known, look.Name)
			}
		case dream.UnknownLayer:
			out[kind+" of few"] = words.Recipe(&dream.Problem{Kind: p.Kind, Known: layers(12)})
		}
		out[kind] = words.Recipe(&p)
	}
	return out
}

func requestProblems() map[string]string {
	out := map[string]string{}
	for _, kind := range named("../mention", "Kind") {
		out[kind] = words.Request(&mention.Problem{Kind: mention.Kind(kind), Key: "generations", Example: "unlisted",
			Choices: []string{"centre", "edges", "top", "bottom", "left", "right", "subject", "background"}, Max: 1000})
	}
	return out
}

func pictureProblems() map[string]string {
	out := map[string]string{}
	for k := picture.Corrupt; !strings.HasPrefix(k.String(), "kind "); k++ {
		for _, what := range named("../../../picture", "Quantity") {
			p := picture.Problem{Kind: k, What: picture.Quantity(what), Max: 123_456_789, Format: "heic"}
			text := words.Picture(&p)
			if !slices.Contains(slices.Collect(maps.Values(out)), text) {
				out[k.String()+" "+what] = text
			}
		}
	}
	return out
}

// The longest that can stand in the answers to orders.
var (
	wednesday = time.Date(2026, 9, 30, 23, 59, 0, 0, time.UTC)
	muting    = store.MuteRule{After: 1000, Within: 8783 * time.Hour, For: 527039 * time.Minute}
	longName  = strings.Repeat("n", 30) + "@" + strings.Repeat("d", 63)
)

func changes() map[string]string {
	out := map[string]string{}
	for _, did := range named("../../timeline", "Did") {
		c := timeline.Change{Did: timeline.Did(did), Posts: 1 << 30, Sub: store.Subscriber{Handle: longName, Mode: store.FilterShadow, How: timeline.Hide,
			Budget: 1e-5, BoostsOnly: true, Digest: "weekly", Mute: muting, PausedUntil: wednesday},
			Rule: store.Rule{Effect: "allow", Kind: "account", Value: strings.Repeat("v", 3000)}}
		if c.Did == timeline.Told {
			c.Sub.Leaving = true
		}
		out[did] = words.Done(c)
	}
	return out
}

func notices() map[string]string {
	out := map[string]string{}
	for _, kind := range named("../../timeline", "NoticeKind") {
		out[kind] = words.Notice(timeline.Notice{Kind: timeline.NoticeKind(kind), Posts: 1 << 30, Of: 1 << 30, Budget: 1e-5, Kept: 1e-5})
	}
	return out
}

func filters() (all []string) {
	for _, s := range []store.Subscriber{{Leaving: true}, {PausedUntil: wednesday}, {Mode: store.FilterOn, ShadowUntil: wednesday, How: timeline.Warn},
		{Mode: store.FilterOn, How: timeline.Blur}, {Mode: store.FilterOn, How: timeline.Blur, Budget: 1e-5, Tightened: 3}, {Mode: store.FilterOff}} {
		all = append(all, words.Filter(s, wednesday.AddDate(0, 0, -1)))
	}
	return all
}

func reasons() map[string]string {
	out := map[string]string{}
	post := store.Judged{Fate: store.Unwanted, Score: 0.1234, Limit: 0.5678, Band: "unlikely", Model: "0123456789ab", Rule: "999999", Said: true}
	for _, why := range whys("../../timeline") {
		post.Why = why
		out[why] = words.Reasons(timeline.Reasons{Post: post, Budget: 1e-5, Tightened: true})
	}
	post.Why, post.Score, post.Kind = timeline.WhyScore, 0.9, "certain"
	out["hidden by score"] = words.Reasons(timeline.Reasons{Post: post})
	post.Why = strings.Repeat("an old sentence, or a rule's. ", 30)
	out["old"] = words.Reasons(timeline.Reasons{Post: post})
	return out
}

func audits() (all []string) {
	for _, a := range []timeline.Audit{{Account: longName}, {Account: longName, Posts: 40, Safe: true},
		{Account: longName, Posts: 40, Dreams: 4, Safe: true, Latest: wednesday}, {Account: longName, Posts: 40, Dreams: 20, Recent: 20}} {
		all = append(all, words.Audit(a))
	}
	return all
}

func report() timeline.Report {
	return timeline.Report{Since: wednesday, Judged: 123456, Hidden: 12345, Noted: 12345, Mistakes: 123,
		Artists: slices.Repeat([]timeline.Tally{{Handle: longName, Dreams: 12345}}, 4)}
}

func answers() []string {
	var rows []store.Judged
	for range 10 {
		rows = append(rows, store.Judged{URL: "https://" + strings.Repeat("d", 63) + "/@" + longName, Kind: "you said so"})
	}
	all := []string{words.Answer(timeline.Listing{All: 10, Rows: rows}), words.Answer(timeline.Listing{}), words.Answer(timeline.Usage{}),
		words.Answer(timeline.Referral{Verb: "export", Handle: longName}), words.Answer(timeline.Referral{Verb: "refollow"}),
		words.Answer(timeline.Audit{Account: longName}), words.Answer(timeline.ErrUnseen), words.Answer(timeline.ErrNothing),
		words.Answer(&rules.BadSubject{Text: strings.Repeat("x", 3000)}), words.Answer(timeline.Change{Did: timeline.Unmuted})}
	if all[4] == all[3] || all[0] == all[2] || all[9] != "Nobody is muted any more." {
		panic("answers are mixed up")
	}
	return all
}

func orderProblems() map[string]string {
	out := map[string]string{}
	for _, kind := range named("../../timeline", "ProblemKind") {
		out[kind] = words.Order(&timeline.Problem{Kind: timeline.ProblemKind(kind), Name: strings.Repeat("n", 3000)})
	}
	return out
}

// whys are the reasons that package timeline writes down.
func whys(dir string) (all []string) {
	for _, f := range source(dir) {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, s := range g.Specs {
					if v := s.(*ast.ValueSpec); strings.HasPrefix(v.Names[0].Name, "Why") {
						all = append(all, evaluate(v.Values[0]))
					}
				}
			}
		}
	}
	return all
}

func notes() (all []dream.Note) {
	for _, kind := range named("../../../dream", "NoteKind") {
		all = append(all, dream.Note{Kind: dream.NoteKind(kind), W: 8192, H: 8192})
	}
	return all
}

func presets() (all []string) {
	for _, p := range dream.Presets() {
		all = append(all, words.Preset(p.Name))
	}
	return all
}

func TestEveryLookHasALine(t *testing.T) {
	for i, line := range presets() {
		if line == "" {
			t.Errorf("%s has none", dream.Presets()[i].Name)
		}
	}
}

// vocabulary is that of the network people talk to.
var vocabulary = sync.OnceValue(func() *dream.Vocabulary {
	n, err := classifier.Default()
	if err != nil {
		panic(err)
	}
	return dream.NewVocabulary(n.Labels())
})

// wordiest is a vocabulary of long names, none of which is an example, and what means all of them.
func wordiest() (*dream.Vocabulary, dream.Meaning) {
	var labels []classifier.Label
	var all dream.Meaning
	for i := range 1000 {
		labels = append(labels, classifier.Label{ID: fmt.Sprint(i), Names: []string{fmt.Sprintf("%d%s", i, strings.Repeat("w", 60))}})
		all.Terms = append(all.Terms, dream.WordTerm{Label: i, Weight: 1})
	}
	return dream.NewVocabulary(labels), all
}

func helps() []string {
	all := []string{words.Help("", vocabulary()), words.Help("nightmare", vocabulary())}
	for _, topic := range topics {
		all = append(all, words.Help(topic, vocabulary()))
	}
	return all
}

// topics are what there is help on, beside looks.
var topics = []string{"deeper", "again", "imagine", "surprise", "guide", "see", "dive", "wander", "keep", "only", "undream", "info", "queue", "cancel",
	"gallery", "delete", "stop", "start", "layer", "strength", "size", "words", "more", "no", "into", "presets"}

func TestThereIsHelpOnWhatHelpNames(t *testing.T) {
	everything := words.Help("", vocabulary())
	for _, topic := range topics {
		if words.Help(topic, vocabulary()) == everything {
			t.Errorf("help %s says what help says", topic)
		}
	}
	_, named, _ := strings.Cut(everything, "Others: ")
	named, _, _ = strings.Cut(named, ".")
	for i, verb := range strings.Split(named, ", ") {
		if verb, _, _ = strings.Cut(verb, " "); !slices.Contains(topics, verb) {
			t.Errorf("help names %q, the %dth, and does not help with it", verb, i)
		}
	}
}

func values(m map[string]string) []string { return slices.Collect(maps.Values(m)) }

// source is the syntax of a package, without its tests.
func source(dir string) []*ast.File {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("%s: %d files, %v", dir, len(names), err))
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			panic(err)
		}
		files = append(files, f)
	}
	return files
}

// named are the values of a package's string constants of a type.
func named(dir, typ string) (all []string) {
	for _, f := range source(dir) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if id, ok := v.Type.(*ast.Ident); ok && id.Name == typ {
					all = append(all, evaluate(v.Values[0]))
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// exported are this package's constants with their values, and its functions that make text.
func exported(t *testing.T) (consts map[string]string, functions []string) {
	t.Helper()
	consts = map[string]string{}
	for _, f := range source(".") {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					functions = append(functions, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST && v.Names[0].IsExported() && len(v.Values) == 1 {
						if text := evaluate(v.Values[0]); text != "" {
							consts[v.Names[0].Name] = text
						}
					}
				}
			}
		}
	}
	if len(consts) < 20 || len(functions) < 20 {
		t.Fatalf("only %d constants and %d functions were found", len(consts), len(functions))
	}
	return consts, functions
}

// evaluate is the text of a constant expression, "" if it is none.
func evaluate(e ast.Expr) string {
	v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(e))
	if err != nil || v.Value == nil || v.Value.Kind() != constant.String {
		return ""
	}
	return constant.StringVal(v.Value)
}

func TestWhatAFilterDoesIsSaidInWords(t *testing.T) {
	for mode, want := range map[store.Mode]string{
		store.FilterOn: "the filter is on", store.FilterShadow: "the filter only notes what it would hide", store.FilterOff: "the filter is off",
	} {
		if got := words.Done(timeline.Change{Did: timeline.Switched, Sub: store.Subscriber{Mode: mode}}); got != want {
			t.Errorf("switched to %s: %q, want %q", mode, got, want)
		}
		if mode == store.FilterOn {
			want += ": warn"
		}
		if got := words.Filter(store.Subscriber{Mode: mode, How: timeline.Warn}, wednesday); got != want {
			t.Errorf("%s: %q, want %q", mode, got, want)
		}
	}
}
