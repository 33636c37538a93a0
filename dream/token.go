package dream

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"

	"slugpuppy/dream/lexicon"
)

// A token is "dd3-" and Crockford's base32 in lower case (no i, l, o, u, so it survives being
// read aloud): a checksum of five characters, then the recipe as a bit string. "3" is the
// version; another version means another layout, other presets, or that the same recipe gave other
// pixels. Versions 1 and 2 are read, as Old recipes: 1 has no kinds at its end.
const (
	tokenPrefix = "dd3-"
	plainPrefix = "dd1-" // of old recipes without kinds
	kindsPrefix = "dd2-" // of old recipes with some
	// MaxToken is the longest token: it shares a post with the reply's words.
	MaxToken = 60

	checkBits = 25
	bodyBits  = 5*(MaxToken-len(tokenPrefix)) - checkBits
)

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Errors of ParseToken.
var (
	ErrToken        = errors.New("not a recipe")
	ErrTokenVersion = errors.New("recipe of another version")
	ErrTokenDamaged = errors.New("recipe is damaged: a character is missing or wrong")
)

// Numbers of names in tokens: only ever append.
var (
	verbCodes = []Verb{Dream, Imagine, Dive, Wander}
	maskCodes = []Mask{MaskNone, KeepCentre, KeepTop, KeepBottom, KeepLeft, KeepRight, KeepSubject, KeepBackground, KeepEdges}
	// layerCodes holds the layers of GoogLeNet-shaped networks; other names are spelt out.
	layerCodes = []string{"s1", "s2", "s3", "3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b", "logits"}
)

const (
	spelt         = 15 // the layer code of a name that is spelt out
	maxLayerName  = 15
	maxTerms      = 255
	weightUnit    = 1.0 / 16
	maxWeight     = 4
	scaleUnits    = 100
	maxChannel    = 4095
	maxLabel      = 9999
	maxGeneration = 1000
	maxSize       = 1 << 14
)

// Token is the recipe as a short word of [a-z0-9-] that survives every network: no dots, no
// @, no #. A recipe from Complete always fits and comes back from ParseToken as it was;
// fields out of range are cut off.
func (r Recipe) Token() string {
	if !r.fits() { // only recipes that Complete would have refused
		r.Words, r.Layers = nil, nil
	}
	body := r.encode().text()
	return tokenPrefix + checksum(tokenPrefix+body) + body
}

// LooksLikeToken says whether text begins as tokens of any version do.
func LooksLikeToken(text string) bool {
	return len(text) > len(tokenPrefix) && strings.EqualFold(text[:2], "dd") && '0' <= text[2] && text[2] <= '9' && text[3] == '-'
}

// fits reports whether the token can carry the recipe.
func (r Recipe) fits() bool { return r.encode().n <= bodyBits }

func (r Recipe) encode() *bitWriter {
	w := &bitWriter{}
	w.put(uint64(max(0, slices.Index(verbCodes, r.Verb))), 2)
	putModel(w, r.Model)
	preset := slices.IndexFunc(presetTable, func(p Preset) bool { return p.Name == r.Preset })
	w.put(uint64(preset+1), 5)
	w.put(clampBits(r.Octaves, 4), 4)
	w.put(clampBits(int(math.Round(r.OctaveScale*scaleUnits)), 8), 8)
	w.put(clampBits(r.Steps, 7), 7)
	w.put(clampBits(r.Strength, 4), 4)
	putSeed(w, r.Seed)
	w.gamma(min(max(r.Size, 0), maxSize))
	w.put(uint64(max(0, slices.Index(maskCodes, r.Mask))), 4)
	w.flag(r.KeepColours)
	w.flag(r.Guide)
	w.flag(r.Free)
	w.gamma(min(max(r.Generation, 0), maxGeneration))
	w.gamma(min(max(r.Repeat, 0), 15))
	w.gamma(min(max(r.Seconds, 0), 63))
	putLayers(w, r.Layers)
	labels, kinds := parted(r.Words)
	putWords(w, labels)
	putKinds(w, kinds)
	return w
}

// parted are the words that are labels and those that are kinds.
func parted(words []WordTerm) (labels, kinds []WordTerm) {
	for _, t := range words {
		if t.Kind == 0 {
			labels = append(labels, t)
		} else {
			kinds = append(kinds, t)
		}
	}
	return labels, kinds
}

func clampBits(v, width int) uint64 { return uint64(min(max(v, 0), 1<<width-1)) }

func putModel(w *bitWriter, model string) {
	v, err := strconv.ParseUint(model, 16, 32)
	w.flag(err == nil && len(model) == 8)
	if err == nil && len(model) == 8 {
		w.put(v, 32)
	}
}

func getModel(r *bitReader) string {
	if !r.flag() {
		return ""
	}
	return fmt.Sprintf("%08x", r.get(32))
}

// putSeed spends few bits on the small seeds that people type.
func putSeed(w *bitWriter, seed uint64) {
	for code, width := range seedWidths {
		if seed < 1<<width {
			w.put(uint64(code), 2)
			w.put(seed, width)
			return
		}
	}
	putSeed(w, foldSeed(seed))
}

var seedWidths = [...]int{0, 8, 16, 32}

func getSeed(r *bitReader) uint64 { return r.get(seedWidths[r.get(2)]) }

// foldSeed brings any seed into the 32 bits that a token carries.
func foldSeed(seed uint64) uint64 { return seed>>32 ^ seed&math.MaxUint32 }

func weightCode(v float32) int {
	return int(math.Round(float64(min(max(v, -maxWeight), maxWeight)) / weightUnit))
}

// putWeight writes sixteenths; the usual weight of one costs a single bit.
func putWeight(w *bitWriter, v float32) {
	c := weightCode(v)
	w.flag(c != weightCode(1))
	if c != weightCode(1) {
		w.put(uint64(c+128), 8)
	}
}

func getWeight(r *bitReader) float32 {
	if !r.flag() {
		return 1
	}
	return float32(int(r.get(8))-128) * weightUnit
}

func putLayers(w *bitWriter, terms []LayerTerm) {
	w.gamma(min(len(terms), maxTerms))
	for _, t := range terms[:min(len(terms), maxTerms)] {
		putLayerName(w, t.Layer)
		w.gamma(min(max(t.Channel, -1), maxChannel) + 1)
		putWeight(w, t.Weight)
	}
}

func putLayerName(w *bitWriter, name string) {
	if i := slices.Index(layerCodes, name); i >= 0 {
		w.put(uint64(i), 4)
		return
	}
	name = name[:min(len(name), maxLayerName)]
	w.put(spelt, 4)
	w.put(uint64(len(name)), 4)
	for i := range len(name) {
		w.put(uint64(name[i]), 7)
	}
}

func getLayers(r *bitReader) []LayerTerm {
	n := min(r.gamma(), maxTerms)
	var out []LayerTerm
	for range n {
		t := LayerTerm{Layer: getLayerName(r), Channel: min(r.gamma(), maxChannel+1) - 1, Weight: getWeight(r)}
		if r.err != nil {
			return nil
		}
		out = append(out, t)
	}
	return out
}

func getLayerName(r *bitReader) string {
	code := int(r.get(4))
	if code < len(layerCodes) {
		return layerCodes[code]
	}
	name := make([]byte, r.get(4))
	for i := range name {
		name[i] = byte(r.get(7))
	}
	return string(name)
}

// putWords writes the labels in order of weight and number, as gaps: the dogs of a network
// trained on WordNet are neighbours and cost two bits each.
func putWords(w *bitWriter, words []WordTerm) {
	words = sortedWords(words)
	w.gamma(min(len(words), maxTerms))
	last, weight := -1, 0
	for i, t := range words[:min(len(words), maxTerms)] {
		c := weightCode(t.Weight)
		changed := i == 0 || c != weight
		if i > 0 {
			w.flag(changed)
		}
		if changed {
			putWeight(w, t.Weight)
			last, weight = -1, c
		}
		label := min(max(t.Label, 0), maxLabel)
		w.gamma(max(label-last-1, 0))
		last = label
	}
}

func getWords(r *bitReader) []WordTerm {
	n := min(r.gamma(), maxTerms)
	var out []WordTerm
	last, weight := -1, float32(0)
	for i := range n {
		if i == 0 || r.flag() {
			last, weight = -1, getWeight(r)
		}
		last += r.gamma() + 1
		if r.err != nil {
			return nil
		}
		out = append(out, WordTerm{Label: min(last, maxLabel), Weight: weight})
	}
	return out
}

// sortedWords is the order of Words in a completed recipe: heaviest first, then by label.
func sortedWords(words []WordTerm) []WordTerm {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b WordTerm) int {
		return cmp.Or(cmp.Compare(weightCode(b.Weight), weightCode(a.Weight)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Label, b.Label))
	})
	return words
}

// synsetBits hold the number of any synset of WordNet 3.0.
const synsetBits = 24

func putKinds(w *bitWriter, kinds []WordTerm) {
	kinds = sortedWords(kinds)
	w.gamma(min(len(kinds), maxTerms))
	for _, t := range kinds[:min(len(kinds), maxTerms)] {
		w.put(uint64(t.Kind)&(1<<synsetBits-1), synsetBits)
		putWeight(w, t.Weight)
	}
}

func getKinds(r *bitReader) []WordTerm {
	n := min(r.gamma(), maxTerms)
	var out []WordTerm
	for range n {
		t := WordTerm{Kind: lexicon.Synset(r.get(synsetBits)), Weight: getWeight(r)}
		if r.err != nil || t.Kind == 0 {
			return nil
		}
		out = append(out, t)
	}
	return out
}

// checksum is over the characters of version and body.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	w := &bitWriter{}
	w.put(uint64(sum), checkBits)
	return w.text()
}

// ParseToken reads a token. It forgives capitals and the letters people confuse with digits
// (o, i, l). The recipe is complete in itself but its ranges are unchecked: pass it through
// Maker.Complete.
func ParseToken(s string) (Recipe, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if !LooksLikeToken(s) {
		return Recipe{}, ErrToken
	}
	prefix, rest := s[:len(tokenPrefix)], misread.Replace(s[len(tokenPrefix):])
	if !slices.Contains([]string{tokenPrefix, plainPrefix, kindsPrefix}, prefix) {
		return Recipe{}, fmt.Errorf("%w: %q", ErrTokenVersion, s[:3])
	}
	if len(s) > MaxToken || len(rest) < checkBits/5 {
		return Recipe{}, fmt.Errorf("%w: %d characters", ErrTokenDamaged, len(s))
	}
	sum, body := rest[:checkBits/5], rest[checkBits/5:]
	if checksum(prefix+body) != sum {
		return Recipe{}, ErrTokenDamaged
	}
	r, err := decode(body, prefix != plainPrefix)
	r.Old = err == nil && prefix != tokenPrefix
	return r, err
}

var misread = strings.NewReplacer("o", "0", "i", "1", "l", "1")

func decode(body string, withKinds bool) (Recipe, error) {
	b := &bitReader{}
	for i := range len(body) {
		v := strings.IndexByte(alphabet, body[i])
		if v < 0 {
			return Recipe{}, ErrTokenDamaged
		}
		b.add(uint64(v), 5)
	}
	var r Recipe
	r.Verb = verbCodes[b.get(2)]
	r.Model = getModel(b)
	preset := int(b.get(5))
	if preset > len(presetTable) {
		return Recipe{}, fmt.Errorf("%w: it names a preset this program does not have", ErrTokenVersion)
	} else if preset > 0 {
		r.Preset = presetTable[preset-1].Name
	}
	r.Octaves = int(b.get(4))
	r.OctaveScale = float64(b.get(8)) / scaleUnits
	r.Steps = int(b.get(7))
	r.Strength = int(b.get(4))
	r.Seed = getSeed(b)
	r.Size = min(b.gamma(), maxSize)
	r.Mask = maskCodes[int(b.get(4))%len(maskCodes)]
	r.KeepColours, r.Guide, r.Free = b.flag(), b.flag(), b.flag()
	r.Generation = min(b.gamma(), maxGeneration)
	r.Repeat = min(b.gamma(), 15)
	r.Seconds = min(b.gamma(), 63)
	r.Layers = getLayers(b)
	r.Words = getWords(b)
	if withKinds {
		r.Words = sortedWords(append(r.Words, getKinds(b)...))
	}
	if b.err != nil || !b.spent() {
		return Recipe{}, ErrTokenDamaged
	}
	return r, nil
}
