package speed

import (
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
)

func TestThePreviewThatIsJudgedIsLookedAtOnce(t *testing.T) {
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	eye, err := detector.New(net)
	if err != nil {
		t.Fatal(err)
	}
	s, err := eye.Scan(t.Context(), picture.Landscape(640, 360, ordinary))
	if err != nil {
		t.Fatal(err)
	}
	if s.Looks != 1 {
		t.Errorf("it is looked at %d times: an ordinary picture is looked at once, take another seed", s.Looks)
	}
}
