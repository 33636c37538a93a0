package classifier_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"slugpuppy/classifier"
)

func TestTheEmbeddedNetworkIsTheFileOfTheRepository(t *testing.T) {
	file, err := os.ReadFile("model/slugnet.onnx")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := os.ReadFile("model/labels.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, text, _, err := classifier.EmbeddedFile(); err != nil || text != string(labels) {
		t.Errorf("the packed labels are not model/labels.txt (%v): run go generate ./classifier", err)
	}
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(file); net.Hash() != hex.EncodeToString(sum[:]) {
		t.Errorf("the packed network is %.12s, model/slugnet.onnx is %x: run go generate ./classifier", net.Hash(), sum[:6])
	}
}
