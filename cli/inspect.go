package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// inspected is what `inspect` reports: numbers anyone can compare with another framework's.
type inspected struct {
	Model    string `json:"model"`
	Layer    string `json:"layer"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	Values   stats  `json:"activation"`
	Gradient stats  `json:"gradient"` // of mean(L^2) with respect to the picture in [0,1]
}

// stats describes a tensor.
type stats struct {
	Shape [3]int  `json:"shape"`
	Mean  float64 `json:"mean"`
	Std   float64 `json:"std"`
	Max   float64 `json:"max"` // largest absolute value
	L2    float64 `json:"l2"`
}

func describe(shape [3]int, x []float32) stats {
	s := stats{Shape: shape}
	for _, v := range x {
		s.Mean += float64(v)
		s.L2 += float64(v) * float64(v)
		s.Max = max(s.Max, math.Abs(float64(v)))
	}
	n := float64(max(1, len(x)))
	s.Mean /= n
	s.Std = math.Sqrt(max(0, s.L2/n-s.Mean*s.Mean))
	s.L2 = math.Sqrt(s.L2)
	return s
}

func (s stats) String() string {
	return fmt.Sprintf("%d x %d x %d  mean %.6g  std %.6g  max %.6g  L2 %.6g", s.Shape[0], s.Shape[1], s.Shape[2],
		s.Mean, s.Std, s.Max, s.L2)
}

func (c *console) inspectCommand() *cobra.Command {
	var image, layer, values string
	cmd := &cobra.Command{
		Use:   "inspect --image IN --layer NAME",
		Short: "Print what a layer answers, for comparison with other programs",
		Long: "Prints shape, mean, standard deviation, largest absolute value and L2 norm of a layer's activations on a\n" +
			"picture, and of the gradient of their mean square with respect to the picture (red, green and blue in [0,1]).\n" +
			"The picture is taken as it is, without scaling. With --values the activations, then the gradient, are also\n" +
			"written to a file: 32-bit floating-point numbers, lowest byte first, [channel][row][column].",
		Example: "  slugpuppy inspect --model net.onnx --image photo.png --layer 4c --json",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if values != "" {
				if err := errors.Join(apart(values, image), canWrite(values)); err != nil {
					return err
				}
			}
			s, err := c.newOffline()
			if err != nil {
				return err
			}
			pic, err := s.open(cmd.Context(), image)
			if err != nil {
				return err
			}
			r, numbers, err := inspect(cmd.Context(), s.Network, picture.FromImage(pic.Image), layer)
			if err != nil {
				return err
			}
			if values != "" {
				if err := c.write(values, floats(numbers...)); err != nil {
					return err
				}
			}
			return c.beside(values).print(r, fmt.Sprintf("%s, layer %s, picture of %dx%d\nactivation  %v\ngradient    %v", r.Model,
				r.Layer, r.Width, r.Height, r.Values, r.Gradient))
		},
	}
	cmd.Flags().Var(flagOf(&image, "", nonempty("file")), "image", "the picture")
	cmd.Flags().Var(flagOf(&layer, "", nonempty("layer")), "layer", "the layer; slugpuppy model layers lists them")
	cmd.Flags().Var(flagOf(&values, "", nonempty("file")), "values", "also write all numbers to this file")
	needs(cmd, "image", "layer")
	return c.withModel(cmd)
}

// floats are numbers as little-endian bytes.
func floats(lists ...[]float32) (b []byte) {
	for _, list := range lists {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}

// inspect returns the report, and the numbers it is about: the activations and the gradient.
func inspect(ctx context.Context, net *classifier.Network, in *picture.Planar,
	layer string) (inspected, [][]float32, error) {
	l, err := net.Layer(layer)
	if err != nil {
		return inspected{}, nil, notFoundError(err)
	}
	f, err := net.Activations(ctx, in, l.Name)
	if err != nil {
		return inspected{}, nil, err
	}
	grad := picture.NewPlanar(in.W, in.H)
	if _, err := net.Gradient(ctx, in, []classifier.Target{{Layer: l.Name, Weight: 1}}, grad); err != nil {
		return inspected{}, nil, err
	}
	v := f[l.Name]
	r := inspected{Model: net.Name(), Layer: l.Name, Width: in.W, Height: in.H,
		Values: describe([3]int{v.C, v.H, v.W}, v.Data), Gradient: describe([3]int{3, in.H, in.W}, grad.Pix)}
	return r, [][]float32{v.Data, grad.Pix}, nil
}
