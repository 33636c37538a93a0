package words

import (
	"fmt"

	"slugpuppy/picture"
)

// Picture says why a picture could not be read, and what works instead. Limits are named as the
// operator has set them.
func Picture(p *picture.Problem) string {
	switch p.Kind {
	case picture.TooBig:
		return tooBig(p)
	case picture.TooLong:
		if p.What == picture.FrameCount {
			return fmt.Sprintf("That animation is too long for me; send one of at most %d frames, or a single picture.", p.Max)
		}
		return "That animation has too many pixels in all its frames for me; send a smaller one, or a single picture."
	case picture.TooCostly:
		return "That file takes far more work to open than a picture should; saved anew as a plain JPEG or PNG it may well do."
	case picture.TimedOut:
		return "I ran out of time opening that picture, which may be my own fault; ask me again in a while."
	case picture.Modern:
		return fmt.Sprintf("That is %s, as phones and cameras store pictures, and I cannot read it; "+
			"send it as JPEG, for example a screenshot of it.", modern[p.Format])
	case picture.Unsupported:
		return "I cannot read that kind of file; JPEG, PNG, GIF, WebP, BMP and TIFF work."
	}
	return "That file seems to be damaged; send the picture once more, JPEG and PNG work best."
}

var modern = map[string]string{"heic": "a HEIC file", "avif": "an AVIF file", "jxl": "a JPEG XL file", "": "a new kind of file"}

func tooBig(p *picture.Problem) string {
	const say = "That picture is too big for me; send one of at most "
	switch p.What {
	case picture.FileBytes:
		return fmt.Sprintf(say+"%.4g MB.", float64(p.Max)/(1<<20))
	case picture.PixelCount:
		return fmt.Sprintf(say+"%.3g megapixels.", float64(p.Max)/1e6)
	case picture.LongSide:
		return fmt.Sprintf(say+"%d pixels on its longer side.", p.Max)
	}
	return "That picture is too big for me; send a smaller one."
}
