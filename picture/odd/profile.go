package odd

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
)

// Space is a space of colours: the places of its primaries as profiles have them (adapted to D50),
// and its curve, as a profile's tag and as the function from light to values.
type Space struct {
	Name   string
	XYZ    [3][3]float64 // red, green, blue
	Tag    []byte
	Stored func(light float64) float64
}

var (
	srgbXYZ = [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}
	p3XYZ   = [3][3]float64{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}
	rgb98   = [3][3]float64{{0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}}
	rommXYZ = [3][3]float64{{0.79767, 0.28804, 0}, {0.13519, 0.71188, 0}, {0.03134, 0.00009, 0.82491}}
)

// Spaces are those that pictures come in, each with another kind of curve.
func Spaces() []Space {
	root := func(g float64) func(float64) float64 {
		return func(l float64) float64 { return math.Pow(l, 1/g) }
	}
	return []Space{
		{"sRGB", srgbXYZ, parametricTag(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045), srgbStored},
		{"Display P3", p3XYZ, parametricTag(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045), srgbStored},
		{"Display P3 of kind 4", p3XYZ, parametricTag(4, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045, 0, 0), srgbStored},
		{"Display P3 of a table", p3XYZ, tableTag(1024, srgbLight), srgbStored},
		{"Adobe RGB", rgb98, gammaTag(2.19921875), root(2.19921875)},
		{"ProPhoto", rommXYZ, parametricTag(0, 1.8), root(1.8)},
		{"of kind 1", p3XYZ, parametricTag(1, 2, 1.1, -0.1), func(l float64) float64 { return (math.Sqrt(l) + 0.1) / 1.1 }},
		{"of kind 2", p3XYZ, parametricTag(2, 2, 0.9, 0, 0.1), func(l float64) float64 { return math.Sqrt(max(0, l-0.1)) / 0.9 }},
		{"of light itself", p3XYZ, append([]byte("curv\x00\x00\x00\x00"), 0, 0, 0, 0), func(l float64) float64 { return l }},
	}
}

func srgbStored(l float64) float64 {
	if l <= 0.0031308 {
		return 12.92 * l
	}
	return 1.055*math.Pow(l, 1/2.4) - 0.055
}

func srgbLight(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// Profile is the space's ICC profile.
func (s Space) Profile() []byte {
	tags := [][2]any{}
	for i, c := range []string{"r", "g", "b"} {
		xyz := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range s.XYZ[i] {
			xyz = appendFixed(xyz, v)
		}
		tags = append(tags, [2]any{c + "XYZ", xyz}, [2]any{c + "TRC", s.Tag})
	}
	return ICC("RGB ", tags)
}

// GreyProfile is one of a single curve.
func GreyProfile(tag []byte) []byte { return ICC("GRAY", [][2]any{{"kTRC", tag}}) }

// ICC is a profile of some space by its tags, (name, body) each.
func ICC(space string, tags [][2]any) []byte {
	head := make([]byte, 128)
	copy(head[12:], "mntr")
	copy(head[16:], space)
	copy(head[20:], "XYZ ")
	copy(head[36:], "acsp")
	head[8] = 2
	for i, v := range []float64{0.9642, 1, 0.8249} { // the light of the connection space
		copy(head[68+4*i:], appendFixed(nil, v))
	}
	out := binary.BigEndian.AppendUint32(head, uint32(len(tags)))
	var bodies []byte
	for _, t := range tags {
		body := t[1].([]byte)
		out = append(out, t[0].(string)...)
		out = binary.BigEndian.AppendUint32(out, uint32(132+12*len(tags)+len(bodies)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
		bodies = append(bodies, body...)
	}
	out = append(out, bodies...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

func appendFixed(to []byte, v float64) []byte {
	return binary.BigEndian.AppendUint32(to, uint32(int32(math.Round(v*65536))))
}

func parametricTag(kind uint16, params ...float64) []byte {
	b := binary.BigEndian.AppendUint16([]byte("para\x00\x00\x00\x00"), kind)
	b = append(b, 0, 0)
	for _, p := range params {
		b = appendFixed(b, p)
	}
	return b
}

func gammaTag(g float64) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), 1)
	return binary.BigEndian.AppendUint16(b, uint16(math.Round(g*256)))
}

func tableTag(n int, light func(float64) float64) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(n))
	for i := range n {
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(65535*light(float64(i)/float64(n-1)))))
	}
	return b
}

// Into is the drawing in a space's values: shown right, it is the drawing.
func (s Space) Into() *image.NRGBA {
	img := Drawing()
	back := invert(s.XYZ)
	for i := 0; i < len(img.Pix); i += 4 {
		px := img.Pix[i : i+3]
		var xyz [3]float64
		for c, v := range px {
			for k := range xyz {
				xyz[k] += srgbLight(float64(v)/255) * srgbXYZ[c][k]
			}
		}
		for c := range px {
			light := 0.0
			for k, v := range xyz {
				light += back[k][c] * v
			}
			px[c] = uint8(math.Round(255 * min(max(s.Stored(max(light, 0)), 0), 1)))
		}
	}
	return img
}

// invert is the matrix from XYZ to light: of rows that are primaries, columns that are X, Y, Z.
func invert(m [3][3]float64) (out [3][3]float64) {
	minor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	det := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	for i := range 3 {
		for j := range 3 {
			out[j][i] = minor(i, j) / det
		}
	}
	return out
}

// greyInto is the drawing's greys, stored with a gamma.
func greyInto(gamma float64) *image.NRGBA {
	img := Drawing()
	for i := 0; i < len(img.Pix); i += 4 {
		g := color.GrayModel.Convert(color.NRGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], 255}).(color.Gray).Y
		v := uint8(math.Round(255 * math.Pow(srgbLight(float64(g)/255), 1/gamma)))
		img.Pix[i], img.Pix[i+1], img.Pix[i+2] = v, v, v
	}
	return img
}

// profiled are JPEGs with profiles, in one segment or several.
func profiled() (files []File) {
	for _, s := range Spaces() {
		p := s.Profile()
		files = append(files, File{Name: "profile " + s.Name, Format: "jpeg", Off: 8,
			Data: JPEG{Extra: [][]byte{iccSegment(p, 1, 1)}}.Write(s.Into())})
	}
	p3 := Spaces()[1]
	p := p3.Profile()
	a, b := p[:100], p[100:]
	return append(files,
		File{Name: "profile in two segments, the second one first", Format: "jpeg", Off: 6,
			Data: JPEG{Extra: [][]byte{iccSegment(b, 2, 2), iccSegment(a, 1, 2)}}.Write(p3.Into())},
		File{Name: "profile of which a segment is missing", Format: "jpeg", Off: 4,
			Data: JPEG{Extra: [][]byte{iccSegment(a, 1, 2)}}.Write(Drawing())},
		File{Name: "profile of inks", Format: "jpeg", Off: 4,
			Data: JPEG{Extra: [][]byte{iccSegment(ICC("CMYK", nil), 1, 1)}}.Write(Drawing())},
		File{Name: "profile of grey", Format: "jpeg", Other: true,
			Data: JPEG{Model: "grey", Extra: [][]byte{iccSegment(GreyProfile(gammaTag(1.5)), 1, 1)}}.Write(greyInto(1.5))},
	)
}

func iccSegment(part []byte, number, of byte) []byte {
	return Segment(0xe2, append(append([]byte("ICC_PROFILE\x00"), number, of), part...)...)
}
