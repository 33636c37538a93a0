package detector

import (
	"context"
	_ "embed"
	"fmt"
	"image"

	"slugpuppy/classifier"
)

//go:embed head.bin
var embedded []byte

// Detector says whether pictures are DeepDream. It is safe for concurrent use.
type Detector struct {
	eye   *Fingerprinter
	head  *Head
	model string
}

// Verdict is what the detector says of a picture.
type Verdict struct {
	Dream bool    `json:"dream"` // the band is certain or likely
	Score float64 `json:"score"` // calibrated probability, 0..1
	Band  Band    `json:"band"`
	Model string  `json:"model"` // version of the fingerprint, first digits of the hashes of network and head
}

// New returns a detector with the embedded head, which belongs to the embedded network.
func New(net *classifier.Network) (*Detector, error) {
	head, err := ReadHead(embedded)
	if err != nil {
		return nil, err
	}
	return WithHead(net, head)
}

// WithHead returns a detector with another head.
func WithHead(net *classifier.Network, head *Head) (*Detector, error) {
	d := &Detector{eye: NewFingerprinter(net), head: head}
	if head.Version != Version || head.Model != net.Hash() || head.Size != d.eye.Size() {
		return nil, fmt.Errorf("the detector's head was trained for fingerprint %d of network %.8s, this is %d of %.8s; train it again with `slugpuppy detector train`",
			head.Version, head.Model, Version, net.Hash())
	}
	if e := head.Experts[0]; e.To > d.eye.Channels() {
		return nil, fmt.Errorf("the detector's head: its first expert judges more than channels")
	}
	var err error
	if d.model, err = modelOf(head); err != nil {
		return nil, err
	}
	return d, nil
}

// Judge looks at a picture.
func (d *Detector) Judge(ctx context.Context, img image.Image) (Verdict, error) {
	s, err := d.Scan(ctx, img)
	if err != nil {
		return Verdict{}, err
	}
	return d.verdict(s), nil
}

func (d *Detector) verdict(s Scan) Verdict {
	score := sigmoid(d.head.Closer.Logit(s))
	band := d.head.Band(score, Usual)
	return Verdict{Dream: band != Unlikely, Score: score, Band: band, Model: d.model}
}

// Head is the head in use.
func (d *Detector) Head() *Head { return d.head }
