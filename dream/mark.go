package dream

import "slugpuppy/picture"

// What IPTC calls pictures as ours (https://cv.iptc.org/newscodes/digitalsourcetype/).
const (
	fromModel     = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
	withModel     = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
	madeBy        = "slugpuppy"
	typeOfDreams  = "DeepDream"
	spaceForMarks = 2048 // more than a packet and what holds it need
)

// mark says in a file what it is.
func (j *job) mark(file []byte) ([]byte, error) {
	return picture.AddXMP(file, Packet(j.r, j.m.net.Arithmetic()))
}

// markClip is mark for a clip. A film that takes none is as it is: its encoder wrote the recipe among its metadata.
func (j *job) markClip(f File) ([]byte, error) {
	marked, err := j.mark(f.Data)
	if err != nil && f.MIME == MP4 {
		return f.Data, nil
	}
	return marked, err
}

// Packet says in XMP what a file is, for whoever reads metadata: made by which program, with which recipe. What was
// dreamed is not named; what computed it is, because elsewhere the same recipe has other bytes.
func Packet(r Recipe, arithmetic string) string {
	source := withModel
	if r.Verb.FromNoise() {
		source = fromModel
	}
	return picture.XMP(
		picture.Property{Name: "dc:creator", Value: madeBy, Kind: picture.Seq},
		picture.Property{Name: "dc:type", Value: typeOfDreams, Kind: picture.Bag},
		picture.Property{Name: "dc:description", Value: Signature + r.Token(), Kind: picture.Alt},
		picture.Property{Name: "dc:subject", Value: "deepdream", Kind: picture.Bag},
		picture.Property{Name: "xmp:CreatorTool", Value: madeBy + " (" + arithmetic + ")"},
		picture.Property{Name: "Iptc4xmpExt:DigitalSourceType", Value: source},
	)
}
