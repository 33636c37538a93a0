package mention

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxText bounds how much of a post is understood, in bytes.
const maxText = 4096

// token is one word of a request.
type token struct {
	text   string // as typed, without quotes and trailing punctuation
	low    string // in lower case
	quoted bool
	comma  bool // a comma, semicolon or line ends after it
	ends   bool // so does a sentence
}

// phones turn what was typed into something prettier; this turns it back.
var plain = strings.NewReplacer(
	"“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'",
	"—", "--", "–", "-", "−", "-", "\u200b", "", "\u200d", "", "\ufe0f", "", "…", "..", "¿", "", "¡", "",
)

var (
	handle   = regexp.MustCompile(`^[.(]*@[\pL\pN_.@-]+[:,;!?.)]*$`)
	link     = regexp.MustCompile(`(?i)^(https?://|www\.)`)
	emoji    = regexp.MustCompile(`^:[a-z0-9_+-]+:$`)
	shouting = regexp.MustCompile(`!+[!1]+`)    // !!11
	numbered = regexp.MustCompile(`^#\d{1,2}$`) // image #2: no network has hashtags of figures alone
	several  = regexp.MustCompile(`^\pL{2,}(/\pL{2,})+$`)
	spaceKey = regexp.MustCompile(`\s*(=)\s*`)
)

// scan splits a text into tokens. Handles, links, hashtags and emoji are left out.
func scan(text string) []token {
	if len(text) > maxText {
		text = text[:maxText]
	}
	text = plain.Replace(norm.NFKC.String(text))
	text = shouting.ReplaceAllString(strings.Map(pictographs, text), "!")
	text = spaceKey.ReplaceAllString(text, "$1")
	text = strings.ReplaceAll(text, "\n", " , ")
	var tokens []token
	for len(text) > 0 {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		var word string
		word, text = cutWord(text)
		tokens = add(tokens, word)
	}
	if len(tokens) > 1 { // a question mark that stands apart, as French has it
		tokens = slices.DeleteFunc(tokens, func(t token) bool { return t.low == "?" })
	}
	return tokens
}

// pictographs makes emoji spaces: they stand close to words.
func pictographs(r rune) rune {
	if unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) && r > unicode.MaxLatin1 {
		return ' '
	}
	return r
}

// cutWord cuts off the first word; quotes hold spaces together, within a word too.
func cutWord(s string) (word, rest string) {
	quote := false
	for i, r := range s {
		switch {
		case r == '"':
			quote = !quote && strings.Contains(s[i+1:], `"`)
		case unicode.IsSpace(r) && !quote:
			return s[:i], s[i:]
		case r == ',' && !quote:
			return s[:i+1], s[i+1:]
		}
	}
	return s, ""
}

func add(tokens []token, word string) []token {
	body := strings.TrimRight(word, ",;")
	if body != word && len(tokens) > 0 && body == "" {
		tokens[len(tokens)-1].comma = true
		return tokens
	}
	t := token{comma: body != word}
	t.quoted = strings.HasPrefix(body, `"`)
	body = strings.ReplaceAll(body, `"`, "")
	if numbered.MatchString(body) {
		body = body[1:]
	}
	if len(body) > 1 && strings.Trim(body, ".") == "" {
		body = ".." // however many dots there are
	}
	if !t.quoted && ignored(body) {
		if t.comma && len(tokens) > 0 {
			tokens[len(tokens)-1].comma = true
		}
		return tokens
	}
	if !t.quoted && strings.Trim(body, ".") != "" {
		if trimmed := strings.TrimLeft(strings.TrimRight(body, ".!?)"), "("); trimmed != "" {
			t.ends = strings.ContainsAny(body[len(body)-1:], ".!?")
			body = trimmed
		}
	}
	if body == "" {
		return tokens
	}
	if !t.quoted && several.MatchString(body) { // birds/fish
		for part := range strings.SplitSeq(body, "/") {
			tokens = append(tokens, token{text: part, low: strings.ToLower(part), comma: true})
		}
		tokens[len(tokens)-1].comma = t.comma
		return tokens
	}
	t.text, t.low = body, strings.ToLower(body)
	return append(tokens, t)
}

// ignored is what carries no wish: handles, links, hashtags, emoji, lone punctuation.
func ignored(word string) bool {
	if word == ".." || word == "?" {
		return false
	}
	if handle.MatchString(word) || link.MatchString(word) || strings.HasPrefix(word, "#") || emoji.MatchString(strings.ToLower(word)) {
		return true
	}
	return strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
}
