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
		return fmt.Sprintf("That animation has too many pixels in all its frames for me, which may be %.3g million; "+
			"send a smaller one, or a single picture.", float64(p.Max)/1e6)
	case picture.TooCostly:
		return "That file takes far more work to open than a picture should; saved anew as a plain JPEG or PNG it may well do."
	case picture.TimedOut:
		return "I ran out of time opening that picture, which may be my own fault; ask me again in a while."
	case picture.Failed:
		return "I stumbled over that file, which is my own fault and not yours; saved anew as a plain JPEG or PNG it may well do."
	case picture.Modern:
		if text, ok := modern[p.Format]; ok {
			return text
		}
		return "That is a new kind of file, which I cannot read; send a screenshot of it."
	case picture.Empty:
		return "That file is empty; send the picture once more."
	case picture.Unsupported:
		return unsupported(p.Format)
	}
	return "That file seems to be damaged; send the picture once more, JPEG and PNG work best."
}

// modern says what whoever has a phone can do.
var modern = map[string]string{
	"heic": "That is a HEIC file, as iPhones store photos, and I cannot read it; send a screenshot of it, or set the " +
		"camera to \"Most Compatible\" for the next one.",
	"avif": "That is an AVIF file, as some phones and pages store pictures, and I cannot read it; send a screenshot of it, " +
		"or save it as JPEG.",
	"jxl": "That is a JPEG XL file, as some phones and cameras store photos, and I cannot read it; send a screenshot of it, " +
		"or save it as plain JPEG.",
}

// readable are the formats that are read, but for what hardly anybody uses of them.
var readable = map[string]string{"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WebP", "bmp": "BMP", "tiff": "TIFF"}

// strange are formats of other things.
var strange = map[string]string{"mp4": "a film", "webm": "a film", "pdf": "a PDF document", "svg": "an SVG drawing"}

func unsupported(format string) string {
	const works = "JPEG, PNG, GIF, WebP, BMP and TIFF work."
	if name, ok := readable[format]; ok {
		return "That " + name + " file is of a rare kind that I cannot read; saved anew as a plain JPEG or PNG it works."
	}
	if name, ok := strange[format]; ok {
		return "That is " + name + ", and I cannot read it; a screenshot of it works."
	}
	return "I cannot read that kind of file; " + works
}

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
