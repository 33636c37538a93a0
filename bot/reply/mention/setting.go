package mention

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"slugpuppy/dream/lexicon"
)

// setting reads key=value, --key value, and key value where the value can be no word.
func (p *parser) setting() (bool, error) {
	t := p.tokens[0]
	if t.quoted {
		return false, nil
	}
	dashed := strings.HasPrefix(t.low, "--")
	name := strings.TrimLeft(t.low, "-")
	if key, _, ok := strings.Cut(name, "="); ok {
		value := t.text[strings.Index(t.text, "=")+1:]
		p.next()
		return true, p.set(p.meant(key), value)
	}
	if key, _, ok := strings.Cut(name, ":"); ok && isKey(key) && !strings.HasSuffix(name, ":") {
		value := t.text[strings.Index(t.text, ":")+1:]
		p.next()
		return true, p.set(key, value)
	}
	name = strings.TrimSuffix(name, ":")
	if own := canonical(name); own != name && len(p.tokens) > 1 && obvious(own, p.peek(1)) {
		name = own // picture 2, but not picture: what a day
	}
	if !isKey(name) || len(p.tokens) < 2 || (t.comma && !dashed) {
		return false, nil
	}
	value := p.tokens[1]
	if !dashed && !strings.HasSuffix(t.low, ":") && !obvious(name, value.low) {
		return false, nil
	}
	p.next()
	p.next()
	return true, p.set(name, value.text)
}

// meant is the setting that a key stands for, a slip of the finger forgiven and told.
func (p *parser) meant(key string) string {
	if own := canonical(key); isKey(own) {
		return own
	}
	own, ok := slip(key, keys)
	if !ok {
		return key
	}
	p.req.Read = append(p.req.Read, Read{key, own})
	return own
}

// amount reads 3 octaves, 8 seconds and 8s.
func (p *parser) amount() (bool, error) {
	t := p.tokens[0]
	n, ok := count(t.low)
	if unit := units[p.peek(1)]; ok && unit != "" && !t.quoted && !t.comma {
		p.next()
		p.next()
		return true, p.set(unit, strconv.Itoa(n))
	}
	if n, ok := duration(t.low); ok && p.req.Verb == Dive && !t.quoted && units[strings.TrimLeft(t.low, "0123456789")] == "seconds" {
		p.next()
		return true, p.set("seconds", strconv.Itoa(n))
	}
	return false, nil
}

// obvious says whether `key value` without a sign between can only be a setting.
func obvious(key, value string) bool {
	switch key {
	case "strength", "octaves", "scale", "steps", "seed", "size", "image", "seconds", "frames", "channel", "channels", "generations":
		_, spelt := count(value)
		return spelt || value != "" && value[0] >= '0' && value[0] <= '9'
	case "layer", "layers":
		return strings.ContainsAny(value, "0123456789")
	case "preset":
		return true
	}
	return false
}

// set stores one setting.
func (p *parser) set(key, value string) error {
	p.end()
	r := &p.req
	low := strings.ToLower(value)
	if key == "scale" || key == "octaves" && strings.Contains(low, ".") {
		return r.setScale(key, low)
	}
	if number := r.number(key); number != nil {
		n, err := strconv.Atoi(strings.TrimRight(strings.TrimPrefix(low, "#"), "spx"))
		if spelt := slices.Index(numbers, low); spelt > 0 {
			n, err = spelt, nil
		}
		if err != nil || n < 1 { // 0 would be the same as not to say it
			return notANumber(key, value, cmp.Or(examples[key], "5"))
		}
		*number = n
		return nil
	}
	switch key {
	case "layer", "layers":
		return p.setLayer(low)
	case "channel", "channels":
		return p.setChannels(low)
	case "seed":
		n, err := strconv.ParseUint(low, 10, 64)
		if err != nil {
			return notANumber(key, value, "42")
		}
		r.Seed = &n
	case "mask", "keep":
		side, ok := sides[strings.TrimPrefix(low, "keep-")]
		if !ok {
			return notAChoice(key, value, "top", parts...)
		}
		r.Mask = "keep-" + side
	case "only":
		side, ok := opposite[sides[low]]
		if !ok {
			return notAChoice(key, value, "background", parts...)
		}
		r.Mask = "keep-" + side
	case "visibility":
		audience, ok := audiences[low]
		if !ok {
			return notAChoice(key, value, "unlisted", "public", "unlisted", "followers", "direct")
		}
		r.Visibility = audience
	case "as":
		if low != "gif" && low != "mp4" && low != "png" {
			return notAChoice(key, value, "gif", "gif", "mp4", "png")
		}
		r.As = low
	case "cw":
		r.Warning = &value
	case "preset":
		r.Preset = low
	case "model":
		r.Model = value
	case "recipe":
		r.Token = low
	default:
		r.Unknown = append(r.Unknown, key+"="+value)
	}
	return nil
}

// examples are values of settings of which 5 is none that helps.
var examples = map[string]string{"size": "800", "image": "2"}

// number is the field of a setting that is a plain number, nil for others.
func (r *Request) number(key string) *int {
	switch key {
	case "strength":
		return &r.Strength
	case "octaves":
		return &r.Octaves
	case "steps":
		return &r.Steps
	case "size":
		return &r.Size
	case "seconds":
		return &r.Seconds
	case "frames", "generations":
		return &r.Count
	case "image":
		return &r.Image
	}
	return nil
}

// setScale reads the ratio between octaves.
func (r *Request) setScale(key, value string) error {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f > 0 && f < 100) { // its range is the recipe's to know
		return &Problem{Kind: NotADecimal, Key: key, Value: value, Example: "1.4"}
	}
	r.Scale = f
	return nil
}

// setLayer reads 4c, and 4c:66 with a channel, and more layers after a comma, a plus or "and".
func (p *parser) setLayer(value string) error {
	for name := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ',' || c == '+' }) {
		name, channel, ok := strings.Cut(name, ":")
		if len(p.req.Layers) == maxLayers {
			return &Problem{Kind: TooManyLayers, Key: "layer", Value: value, Got: maxLayers + 1, Max: maxLayers}
		}
		p.req.Layers = append(p.req.Layers, Layer{Name: name})
		if ok {
			if err := p.setChannels(channel); err != nil {
				return err
			}
		}
	}
	at := 0
	for joining[p.peek(at)] || p.peek(at) == "+" {
		at++
	}
	if layerName(p.peek(at)) { // layer=4c,4d; layers 4c and 4d
		p.tokens = p.tokens[at:]
		return p.setLayer(p.next().low)
	}
	return nil
}

// maxLayers and maxChannels bound what one request raises.
const (
	maxLayers   = 8
	maxChannels = 16
)

// layerName says whether a word can only be a layer's name: 4d, mixed_6e, layer3.1.
func layerName(word string) bool {
	return strings.ContainsAny(word, "0123456789") && strings.IndexFunc(word, unicode.IsLetter) >= 0 &&
		!strings.ContainsAny(word, "=-") && !unitOf(word) && !lexicon.Exists(word)
}

// unitOf says whether a word is a number with a unit: 8s, 512px, x3.
func unitOf(word string) bool {
	digits := strings.TrimLeft(word, "x0123456789")
	return digits == "" || units[digits] != "" && digits != word
}

// setChannels adds to the latest layer if it has been named with some, else to those of the request.
func (p *parser) setChannels(value string) error {
	for s := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '+' || r == '/' || r == ':' }) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || !p.channel(n) {
			return &Problem{Kind: NotNumbers, Key: "channels", Value: value, Example: "66,12", Max: maxChannels}
		}
	}
	for len(p.tokens) > 0 && isNumber(p.peek(0)) { // channels=66, 12
		n, _ := strconv.Atoi(p.peek(0)) // isNumber said so
		if n < 0 || !p.channel(n) {
			break
		}
		p.next()
	}
	return nil
}

// channel adds a channel to the layers named last, and says whether there was room.
func (p *parser) channel(n int) bool {
	total, layers := len(p.req.Channels), p.req.Layers
	for _, l := range layers {
		total += len(l.Channels)
	}
	if total >= maxChannels {
		return false
	}
	if len(layers) == 0 { // the layer comes after its channels
		p.req.Channels = append(p.req.Channels, n)
		return true
	}
	latest := layers[len(layers)-1].Channels
	for i := len(layers) - 1; i >= 0 && slices.Equal(layers[i].Channels, latest); i-- { // layer=4c,4d channels=66
		layers[i].Channels = append(slices.Clone(latest), n)
	}
	return true
}
