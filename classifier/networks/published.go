package networks

import "slices"

// Published is a network that can be pulled. Sizes and hashes of the model files are those
// that the ONNX model zoo's repository records for them (its Git LFS pointers at commit
// b1eeaa1ac722dcc1cd1a8284bde34393dab61c3d); preprocessing is what its pages say.
type Published struct {
	Name   string
	About  string // one line for people
	Model  Remote
	Labels Remote
	Input  Input
}

// Remote is a file on the web, the same at every address.
type Remote struct {
	URLs   []string
	Size   int64
	SHA256 string
}

// caffe is what networks trained with Caffe want: blue, green, red in 0..255 minus the mean.
var caffe = Input{Scale: [3]float32{255, 255, 255}, Shift: [3]float32{-103.939, -116.779, -123.68}, BGR: true}

// imagenet is what most others want: x minus mean (0.485 0.456 0.406) over deviation (0.229
// 0.224 0.225).
var imagenet = Input{
	Scale: [3]float32{1 / 0.229, 1 / 0.224, 1 / 0.225},
	Shift: [3]float32{-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225},
}

// synsets are the thousand classes of ImageNet, with their WordNet ids.
var synsets = Remote{
	URLs:   []string{"https://raw.githubusercontent.com/onnx/models/b1eeaa1ac722dcc1cd1a8284bde34393dab61c3d/validated/vision/classification/synset.txt"},
	Size:   31675,
	SHA256: "acf75ef0abe89694b19056e0796401068b459c457baa30335f240c7692857355",
}

func zoo(folder, file string, size int64, hash string) Remote {
	return Remote{Size: size, SHA256: hash, URLs: []string{
		"https://huggingface.co/onnxmodelzoo/" + file + "/resolve/main/" + file + ".onnx",
		"https://media.githubusercontent.com/media/onnx/models/b1eeaa1ac722dcc1cd1a8284bde34393dab61c3d/validated/vision/classification/" + folder + "/model/" + file + ".onnx",
	}}
}

var published = []Published{
	{"googlenet", "GoogLeNet (Inception v1, BVLC), which the first DeepDream pictures were made with",
		zoo("inception_and_googlenet/googlenet", "googlenet-9", 28020232, "bd979d99d10d9acf84c5a67252bcae4992bf4e1afdab046cb0ea370e6f01ee38"), synsets, caffe},
	{"squeezenet1.1", "SqueezeNet 1.1, small and quick",
		zoo("squeezenet", "squeezenet1.1-7", 4956208, "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088"), synsets, imagenet},
	{"vgg16", "VGG-16, slow, with painterly textures",
		zoo("vgg", "vgg16-7", 553437328, "f20805a3ecccaa88647bbab4ad011ff2412a9838485ea844de0fcbce349820b9"), synsets, imagenet},
	{"vgg19", "VGG-19, slower still; the network of neural style transfer",
		zoo("vgg", "vgg19-7", 574677321, "692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f"), synsets, imagenet},
	{"resnet50", "ResNet-50",
		zoo("resnet", "resnet50-v1-7", 102583340, "af16a04a6ec48ac494065d4439fe9dea590d337b9ca6dc328160ccf04a217b9c"), synsets, imagenet},
}

// All lists the networks that can be pulled. The slice is the caller's own.
func All() []Published { return slices.Clone(published) }

// Find returns the published network of that name.
func Find(name string) (Published, bool) {
	i := slices.IndexFunc(published, func(p Published) bool { return p.Name == name })
	if i < 0 {
		return Published{}, false
	}
	return published[i], true
}
