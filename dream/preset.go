package dream

import "slices"

// Preset is a look with a house name: what to raise and how hard.
type Preset struct {
	Name        string
	Layers      []LayerTerm
	Labels      []string // WordNet ids to raise as well; those a network lacks are left out
	Octaves     int
	OctaveScale float64
	Steps       int
	Strength    int
	// Coarse is how much of the gradient's large shapes is used against its fine grain,
	// 0..1: high for soft, broad forms.
	Coarse float32
}

// DefaultPreset is what a recipe without one becomes.
const DefaultPreset = "slug"

// presetTable is in the order of its numbers in recipe tokens: only ever append. A change of
// an existing preset changes what old tokens make and needs a new token version, unless the
// network changes too, whose hash tokens carry. The single channels are among those of slugnet that
// answer most to drawn eyes (python3 -m slugnet channels); layers and channels are chosen by what they dream.
var presetTable = []Preset{
	{Name: "slug",
		Layers:  []LayerTerm{whole("4e", 1)},
		Labels:  []string{"n02085620", "n02094433", "n02099601", "n02099712", "n02106662", "n02113799", "n01945685", "n01950731"},
		Octaves: 5, OctaveScale: 1.5, Steps: 10, Strength: 7, Coarse: 0.3},
	{Name: "eyes",
		Layers:  []LayerTerm{channel("4c", 70, 1), channel("4c", 241, 1)},
		Octaves: 5, OctaveScale: 1.5, Steps: 10, Strength: 5, Coarse: 0.3},
	{Name: "birds",
		Layers:  []LayerTerm{whole("4e", 1)},
		Labels:  []string{"n01855672", "n02002724", "n02056570", "n02058221"},
		Octaves: 5, OctaveScale: 1.5, Steps: 10, Strength: 5, Coarse: 0.3},
	{Name: "temple",
		Layers:  []LayerTerm{whole("5a", 1)},
		Labels:  []string{"n04486054", "n03837869", "n02814860", "n02699494", "n03388043", "n04532670"},
		Octaves: 5, OctaveScale: 1.5, Steps: 10, Strength: 5, Coarse: 0.3},
	{Name: "swirl",
		Layers:  []LayerTerm{whole("3b", 1)},
		Octaves: 5, OctaveScale: 1.5, Steps: 10, Strength: 5, Coarse: 0.3},
	{Name: "fur",
		Layers:  []LayerTerm{whole("4b", 1)},
		Labels:  []string{"n02123394", "n02423022", "n03404251", "n01882714", "n02364673"},
		Octaves: 5, OctaveScale: 1.5, Steps: 10, Strength: 5, Coarse: 0.3},
	{Name: "fractal",
		Layers:  []LayerTerm{whole("4b", 1)},
		Labels:  []string{"n01917289", "n09256479", "n04275548", "n01910747"},
		Octaves: 7, OctaveScale: 1.4, Steps: 10, Strength: 5, Coarse: 0.3},
	{Name: "gentle",
		Layers:  []LayerTerm{whole("4e", 1)},
		Labels:  []string{"n02085620", "n02094433", "n02099601", "n02099712"},
		Octaves: 4, OctaveScale: 1.5, Steps: 8, Strength: 2, Coarse: 0.4},
	{Name: "nightmare",
		Layers:  []LayerTerm{whole("4d", 1)},
		Labels:  []string{"n01774384", "n01774750", "n01770393", "n01784675"},
		Octaves: 6, OctaveScale: 1.5, Steps: 14, Strength: 7, Coarse: 0.3},
}

func whole(layer string, weight float32) LayerTerm {
	return LayerTerm{Layer: layer, Channel: -1, Weight: weight}
}

func channel(layer string, n int, weight float32) LayerTerm {
	return LayerTerm{Layer: layer, Channel: n, Weight: weight}
}

// Presets lists the house presets, the usual one first. The slice is the caller's own.
func Presets() []Preset { return slices.Clone(presetTable) }

// FindPreset returns the preset of that name.
func FindPreset(name string) (Preset, bool) {
	i := slices.IndexFunc(presetTable, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return presetTable[i], true
}

func presetNames() []string {
	var names []string
	for _, p := range presetTable {
		names = append(names, p.Name)
	}
	return names
}
