package dream

import (
	"math"

	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
)

// Sight is what was made of a picture.
type Sight struct {
	Guesses []classifier.Guess // labels, the likeliest first
	Sure    Certainty
}

// Certainty is the most special thing that a picture likely shows: a label, or a kind of things where the labels
// are not agreed on. The zero value is to be sure of nothing.
type Certainty struct {
	What string  // the label's first name, or a word for the kind
	P    float64 // the probability of it, or of all labels of the kind together
	Kind bool
}

// Known says whether there is something that the network is sure of.
func (c Certainty) Known() bool { return c.What != "" }

// surely is how likely a thing must be so that one is sure of it: probabilities of calibrated networks are
// how often they are right, and what is sure to more than a half is likelier than all else together.
const surely = 0.5

// sight sums up the guesses of all labels.
func (k *kinds) sight(all []classifier.Guess, n int) Sight {
	s := Sight{Guesses: all[:max(0, min(n, len(all)))]}
	if len(all) == 0 {
		return s
	}
	if best := all[0]; best.P >= surely {
		s.Sure = Certainty{What: best.Label, P: best.P}
		return s
	}
	p := make([]float64, len(k.synsets))
	for _, g := range all {
		p[g.Index] = g.P
	}
	least := math.MaxInt
	for _, kind := range saidKinds {
		labels, likely := k.below[kind.synset], 0.0
		for _, l := range labels {
			likely += p[l]
		}
		if n := len(labels); n > 1 && likely >= surely && (n < least || n == least && likely > s.Sure.P) {
			least, s.Sure = n, Certainty{What: kind.word, P: likely, Kind: true}
		}
	}
	return s
}

// saidKind is a kind of things as people call it, behind "some kind of".
type saidKind struct {
	synset lexicon.Synset
	word   string
}

// KindsCalled are the kinds that are said by a word.
func KindsCalled(word string) []lexicon.Synset {
	var all []lexicon.Synset
	for _, k := range saidKinds {
		if k.word == word {
			all = append(all, k.synset)
		}
	}
	return all
}

// saidKinds are those of WordNet's that people have a word for and that tell something of a picture.
var saidKinds = []saidKind{
	{15388, "animal"}, {1861778, "mammal"}, {2084071, "dog"}, {2092468, "terrier"}, {2087551, "hound"}, {2099029, "retriever"},
	{2101108, "spaniel"}, {2104523, "sheepdog"}, {2113335, "poodle"}, {2111626, "spitz"}, {2114100, "wolf"}, {2118333, "fox"},
	{2121620, "cat"}, {2127808, "big cat"}, {2120997, "cat or big cat"}, {2131653, "bear"}, {2484322, "monkey"}, {2470325, "ape"},
	{2469914, "ape or monkey"}, {2329401, "rodent"}, {2324045, "rabbit"}, {2370806, "hoofed animal"}, {2062744, "whale"}, {2503517, "elephant"},
	{2395003, "pig"},
	{1503061, "bird"}, {1844917, "water bird"}, {1604330, "bird of prey"}, {1816887, "parrot"}, {1529672, "finch"}, {1795088, "grouse"},
	{2512053, "fish"}, {1482330, "shark"}, {1726692, "snake"}, {1674464, "lizard"}, {1662784, "turtle"}, {1661091, "reptile"},
	{1639765, "frog"}, {1629276, "salamander"}, {1627424, "amphibian"},
	{2159955, "insect"}, {2164464, "beetle"}, {2274259, "butterfly"}, {1772222, "spider"}, {1976957, "crab"}, {1982650, "lobster"},
	{1974773, "crustacean"},
	{4524313, "vehicle"}, {2958343, "car"}, {4490091, "truck"}, {2924116, "bus"}, {4530566, "ship or boat"}, {2858304, "boat"}, {4194289, "ship"},
	{2686568, "aircraft"},
	{4341686, "structure"}, {2913152, "building"}, {3953416, "place of worship"}, {2898711, "bridge"}, {3327234, "fence"}, {4202417, "shop"},
	{9287968, "landscape"},
	{3405725, "furniture"}, {3001627, "chair"}, {4379243, "table"},
	{3051540, "clothing"}, {3497657, "hat"}, {3380867, "shoe"}, {4230808, "skirt"}, {3057021, "coat"}, {3815615, "tie"}, {4371563, "swimsuit"},
	{3800933, "musical instrument"}, {4338517, "stringed instrument"}, {4586932, "wind instrument"}, {3915437, "percussion instrument"},
	{4565375, "weapon"}, {3467984, "gun"}, {2778669, "ball"}, {4285146, "sports equipment"}, {4451818, "tool"}, {3699975, "machine"},
	{3082979, "computer"}, {3278248, "electronic equipment"}, {2729837, "household appliance"}, {2942699, "camera"}, {4401088, "telephone"},
	{4437953, "clock or watch"}, {3046257, "clock"},
	{2876657, "bottle"}, {2883344, "box"}, {2773037, "bag"}, {3990474, "pot"}, {3603722, "jug"}, {3101986, "cooking utensil"}, {4381994, "tableware"},
	{21265, "food"}, {13134947, "fruit"}, {7705931, "fruit"}, {7707451, "vegetable"}, {7557434, "dish of food"}, {7679356, "bread"}, {7609840, "dessert"},
	{7881800, "drink"}, {12992868, "fungus"}, {11669921, "flower"}, {7846, "person"},
}
