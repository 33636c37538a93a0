package networks_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
)

func TestABundleIsTheSameNetwork(t *testing.T) {
	model, dir := small(t), t.TempDir()
	file := filepath.Join(dir, "net.onnx")
	parts, data := apart(t, model, "net.onnx.data")
	for path, b := range map[string][]byte{file: parts, filepath.Join(dir, "net.onnx.data"): data,
		filepath.Join(dir, "net.json"): []byte(`{"sights":[40],"input":{"scale":[2,2,2],"shift":[1,0,0],"bgr":true}}`)} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	here, err := networks.OpenFile(file, "it")
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := networks.Pack(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := networks.Pack(file); err != nil || !bytes.Equal(bundle, again) {
		t.Errorf("the same network has another bundle, %v", err)
	}
	there, err := networks.Unpack(bundle, "it")
	if err != nil {
		t.Fatal(err)
	}
	if here.Hash() != there.Hash() || there.Name() != "it" || !slices.Equal(logits(t, here), logits(t, there)) {
		t.Errorf("%s became %s", here.Hash(), there.Hash())
	}
}

func TestTheEmbeddedNetworkIsTheSameInABundle(t *testing.T) {
	bundle, err := networks.Folder{Dir: t.TempDir()}.Pack("")
	if err != nil {
		t.Fatal(err)
	}
	there, err := networks.Unpack(bundle, "")
	if err != nil {
		t.Fatal(err)
	}
	here, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	if here.Hash() != there.Hash() || len(here.Labels()) != len(there.Labels()) || here.Labels()[7].Names[0] != there.Labels()[7].Names[0] {
		t.Errorf("%s became %s", here.Hash(), there.Hash())
	}
}

func FuzzUnpack(f *testing.F) {
	file := filepath.Join(f.TempDir(), "net.onnx")
	if err := os.WriteFile(file, small(f), 0o644); err != nil {
		f.Fatal(err)
	}
	bundle, err := networks.Pack(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bundle)
	f.Add(bundle[:len(bundle)/2])
	f.Fuzz(func(t *testing.T, data []byte) { networks.Unpack(data, "it") })
}
