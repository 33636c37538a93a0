package mention

import (
	"regexp"
	"strconv"
	"strings"

	"slugpuppy/dream/spelling"
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
		return true, p.set(meant(key), value)
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

// meant is the setting that a key stands for, a slip of the finger forgiven.
func meant(key string) string {
	if own := canonical(key); isKey(own) {
		return own
	}
	for _, own := range keys {
		if spelling.Slip(key, own) {
			return own
		}
	}
	return key
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
	case "strength", "octaves", "steps", "seed", "size", "image", "seconds", "frames", "channel", "channels", "generations":
		return value != "" && value[0] >= '0' && value[0] <= '9'
	case "layer", "layers":
		return strings.ContainsAny(value, "0123456789")
	case "preset", "model":
		return true
	}
	return false
}

// set stores one setting.
func (p *parser) set(key, value string) error {
	p.end()
	r := &p.req
	low := strings.ToLower(value)
	if number := r.number(key); number != nil {
		n, err := strconv.Atoi(strings.TrimRight(strings.TrimPrefix(low, "#"), "spx"))
		if err != nil || n < 0 {
			return notANumber(key, value, "5")
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
		r.Model = low
	case "recipe":
		r.Token = low
	default:
		r.Unknown = append(r.Unknown, key+"="+value)
	}
	return nil
}

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

// setLayer reads 4c, and 4c:66 or 4c/66 with a channel.
func (p *parser) setLayer(value string) error {
	name, channel, ok := strings.Cut(value, ":")
	p.req.Layer = name
	for layerName.MatchString(p.peek(0)) { // layer=4c,4d
		p.req.Layer += "," + p.next().low
	}
	if ok {
		return p.setChannels(channel)
	}
	return nil
}

// layerName is what the usual layers are called.
var layerName = regexp.MustCompile(`^(s[1-3]|[3-5][a-e])$`)

// maxChannels bounds how many channels one request raises.
const maxChannels = 16

func (p *parser) setChannels(value string) error {
	for s := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '+' || r == '/' || r == ':' }) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || len(p.req.Channels) == maxChannels {
			return &Problem{Kind: NotNumbers, Key: "channels", Value: value, Example: "66,12", Max: maxChannels}
		}
		p.req.Channels = append(p.req.Channels, n)
	}
	for len(p.tokens) > 0 && isNumber(p.peek(0)) && len(p.req.Channels) < maxChannels { // channels=66, 12
		n, _ := strconv.Atoi(p.next().low) // isNumber said so
		p.req.Channels = append(p.req.Channels, n)
	}
	return nil
}
