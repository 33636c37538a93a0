package mastodontest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// call is one request being answered.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	form  params
	file  []byte // the upload called "file", nil when there was none
	code  int    // of a successful answer
	token *token
	user  *account // nil for visitors and apps
	draft *media   // what prepare decoded
}

// pair is one parameter. group tells array elements of a JSON body apart; forms leave it 0.
type pair struct {
	key, value string
	group      int
}

// params are query and body parameters in the order they were sent, nested names in Rails' way:
// context[], keywords_attributes[][keyword].
type params []pair

func (p params) get(key string) string {
	for _, kv := range p {
		if kv.key == key {
			return kv.value
		}
	}
	return ""
}

func (p params) has(key string) bool {
	return slices.ContainsFunc(p, func(kv pair) bool { return kv.key == key })
}

// list returns the values of key[].
func (p params) list(key string) []string {
	var out []string
	for _, kv := range p {
		if kv.key == key+"[]" {
			out = append(out, kv.value)
		}
	}
	return out
}

// flag reads a boolean the way Rails casts one.
func (p params) flag(key string, otherwise bool) bool {
	switch strings.ToLower(p.get(key)) {
	case "":
		return otherwise
	case "0", "f", "false", "off":
		return false
	}
	return true
}

// number reads an integer; ok is false when the parameter is missing, empty or no integer.
func (p params) number(key string) (n int, ok bool) {
	n, err := strconv.Atoi(p.get(key))
	return n, err == nil
}

// bearer is the access token of the request, "" when none.
func (c *call) bearer() string {
	if t, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer "); ok {
		return t
	}
	return c.form.get("access_token")
}

func (c *call) userName() string {
	if c.user == nil {
		return "app:" + c.token.app.name
	}
	return c.user.name
}

// parse reads query and body into form and file.
func (c *call) parse() error {
	c.form = parsePairs(c.r.URL.RawQuery)
	if c.r.Body == nil || c.r.Method == http.MethodGet {
		return nil
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.s.limits.BodyBytes)
	kind, attrs, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = c.parseMultipart(attrs["boundary"])
	} else {
		err = c.parseBody(kind)
	}
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return &problem{code: http.StatusRequestEntityTooLarge, html: nginxPage("413 Request Entity Too Large")}
	}
	if err != nil {
		return fail(http.StatusBadRequest, "There was an error parsing the request: "+err.Error())
	}
	return nil
}

func (c *call) parseBody(kind string) error {
	raw, err := io.ReadAll(c.r.Body)
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return err
	}
	switch kind {
	case "application/json":
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		var tree map[string]any
		if err := dec.Decode(&tree); err != nil {
			return err
		}
		c.form = append(c.form, flatten("", tree, 0)...)
	case "application/x-www-form-urlencoded":
		c.form = append(c.form, parsePairs(string(raw))...)
	}
	return nil
}

func (c *call) parseMultipart(boundary string) error {
	reader := multipart.NewReader(c.r.Body, boundary)
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() == "" {
			c.form = append(c.form, pair{key: part.FormName(), value: string(raw)})
		} else if part.FormName() == "file" {
			c.file = raw
		}
	}
}

// parsePairs decodes a query keeping the order, which nested array parameters depend on.
func parsePairs(query string) params {
	var out params
	for part := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if key != "" && err == nil && err2 == nil {
			out = append(out, pair{key: key, value: value})
		}
	}
	return out
}

// flatten names the leaves of a JSON body like form parameters.
func flatten(prefix string, v any, group int) params {
	switch v := v.(type) {
	case map[string]any:
		var out params
		for key, value := range v {
			name := key
			if prefix != "" {
				name = prefix + "[" + key + "]"
			}
			out = append(out, flatten(name, value, group)...)
		}
		return out
	case []any:
		var out params
		for i, value := range v {
			out = append(out, flatten(prefix+"[]", value, i+1)...)
		}
		return out
	case nil:
		return params{{key: prefix, group: group}}
	default:
		return params{{key: prefix, value: fmt.Sprint(v), group: group}}
	}
}

// nested collects key[][name] parameters into one map per element. Rails starts a new element when
// a name repeats; a JSON body says by itself where elements end. Mastodon also accepts
// key[0][name]; GoToSocial ignores that form without a word.
func (c *call) nested(key string) []map[string]string {
	var out []map[string]string
	last := "\x00"
	for _, kv := range c.form {
		rest, ok := strings.CutPrefix(kv.key, key+"[")
		index, name, ok2 := strings.Cut(rest, "][")
		if !ok || !ok2 || (index != "" && c.s.gts()) {
			continue
		}
		name = strings.TrimSuffix(name, "]")
		element := fmt.Sprint(index, "/", kv.group)
		if len(out) == 0 || element != last || has(out[len(out)-1], name) {
			out = append(out, map[string]string{})
		}
		last = element
		out[len(out)-1][name] = kv.value
	}
	return out
}

func has(m map[string]string, key string) bool { _, ok := m[key]; return ok }

// nginxPage is the HTML a proxy in front of the server answers errors with.
func nginxPage(title string) string {
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
}
