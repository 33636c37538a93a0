package mention_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"slugpuppy/bot/reply/mention"
)

// leftOf is what a request leaves out, in short.
func leftOf(t *testing.T, text string) string {
	t.Helper()
	r, err := mention.Parse(text, "")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	_, heard, err := r.Recipe(t.Context(), vocabulary(), 9)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	_, left := r.Wishes(mention.MaxWishes)
	heard.Add(mention.Heard{Left: left})
	var all []string
	for _, l := range heard.Left {
		all = append(all, fmt.Sprintf("%s: %s %s", l.What, l.Why, l.Than))
	}
	return strings.Join(all, "; ")
}

func TestNoPartOfARequestIsSilent(t *testing.T) {
	for text, want := range map[string]string{
		"dream, deeper 2, dive":                           "",
		"dream, deeper 2, dive, wander":                   "wander: too many wishes ",
		"dream, deeper, deeper 3, then wander 3, dive 4s": "wander 3: too many wishes ; dive 4s: too many wishes ",
		"eyes, imagine banana":                            "imagine banana: on its own ",
		"eyes, help, deeper":                              "help: on its own ",
		"help eyes, dream":                                "",
		"strength=5 strength=5":                           "",
		"strength=5 eyes strength=8":                      "strength=5: overridden strength=8",
		"deeper 2 generations=3":                          "deeper 2: overridden generations=3",
		"keep top, keep the left":                         "keep top: overridden keep the left",
		"swirl fractal":                                   "swirl: overridden fractal",
		"birds, gentle":                                   "",
		"more eyes, more swirl":                           "more eyes: overridden more swirl",
		"more dogs, no dogs":                              "more dogs: overridden no dogs",
		"no dogs, more birds":                             "",
		"image 2 all":                                     "image 2: overridden all",
		"public dream private":                            "public: overridden private",
		"seed=1 seed=2":                                   "seed=1: overridden seed=2",
		"dream 8 seconds":                                 "8 seconds: no use dream",
		"dive 8s":                                         "",
		"dive keep top":                                   "keep top: no use dive",
		"dive layer=4c guide steps=3":                     "",
		"wander layer=4c":                                 "layer=4c: no use wander",
		"wander more birds, no dogs":                      "no dogs: no use wander",
		"wander more birds, more dogs":                    "more dogs: no use wander",
		"imagine banana strength=9 octaves=3":             "strength=9: no use imagine; octaves=3: no use imagine",
		"imagine banana seed=3 size=300 steps=20":         "",
		"eyes strength=10 stronger":                       "stronger: as far as it goes strength=10",
		"eyes strength=9 stronger":                        "",
	} {
		if got := leftOf(t, text); got != want {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
}

// What is said in numbers that are none of ours is not read as others.
func TestNumbersAreReadWithTheirUnits(t *testing.T) {
	for _, text := range []string{"dive 2m", "dive 8h", "dive 0", "deeper 0", "wander 0"} {
		r, err := mention.Parse(text, "")
		if err != nil || r.Seconds+r.Count != 0 || len(r.Unknown) != 1 {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
	}
}

// A post that is longer than is read says so, and it is a request all the same.
func TestTheEndOfALongPostIsLeftOut(t *testing.T) {
	r, err := mention.Parse("eyes "+strings.Repeat("#nature ", 600)+"no dogs", "")
	if want := []mention.Left{{Why: mention.LongText, N: 4096}}; err != nil || !slices.Equal(r.Left, want) {
		t.Errorf("%+v, %v", r.Left, err)
	}
}

// Whatever can be said in a request is either used by a verb or told: no field is forgotten in the table of options.
func TestEveryOptionIsUsedOrTold(t *testing.T) {
	verbs := []mention.Verb{mention.Bare, mention.Dream, mention.Deeper, mention.Again, mention.Imagine, mention.Surprise, mention.See, mention.Dive,
		mention.Wander, mention.Undream, mention.Info, mention.Queue, mention.Cancel, mention.Help}
	// Not options: the verb and its own, what was not understood, and what comes after.
	others := []string{"Verb", "Implied", "Loose", "Talk", "Adrift", "Topic", "Read", "Unknown", "Left", "Then"}
	for i := range reflect.TypeFor[mention.Request]().NumField() {
		field := reflect.TypeFor[mention.Request]().Field(i)
		if !field.IsExported() || slices.Contains(others, field.Name) {
			continue
		}
		used, told := 0, 0
		for _, v := range verbs {
			var r mention.Request
			say(reflect.ValueOf(&r).Elem().Field(i))
			if left := r.Unused(v); len(left) == 0 {
				used++
			} else {
				told++
			}
		}
		anywhere := []string{"Warning", "Visibility"}
		if used == 0 || told == 0 && !slices.Contains(anywhere, field.Name) {
			t.Errorf("%s is used by %d verbs and told by %d", field.Name, used, told)
		}
	}
}

// say gives a field a value.
func say(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1.5)
	default:
		v.SetInt(1)
	}
}
