package odd

import (
	"bytes"
	"fmt"
)

// JPEGs are odd JPEG files.
func JPEGs() []File {
	files := sampled()
	img := Drawing()
	plain := JPEG{Sampling: [][2]int{{2, 2}}}.Write(img)
	fine := JPEG{}.Write(img)
	restarts := JPEG{Restart: 2}.Write(img)
	progressive := JPEG{Progressive: true}.Write(img)
	sof := bytes.Index(plain, []byte{0xff, 0xc0})
	sos := bytes.Index(fine, []byte{0xff, 0xda})
	start := sos + 14
	rst := bytes.Index(restarts, []byte{0xff, 0xd6}) // in the third row of MCUs
	add := func(name string, data []byte, shown Shown, more ...func(*File)) {
		f := File{Name: name, Format: "jpeg", Data: data, Shown: shown, Off: 4}
		for _, m := range more {
			m(&f)
		}
		files = append(files, f)
	}
	lax := func(f *File) { f.Lax = true }
	other := func(f *File) { f.Other = true }

	add("grey", JPEG{Model: "grey"}.Write(img), Whole, other)
	add("RGB by its components' names", JPEG{Model: "rgb"}.Write(img), Whole)
	add("RGB by Adobe's word", JPEG{Model: "rgb", Adobe: true}.Write(img), Whole)
	add("CMYK with Adobe's word", JPEG{Model: "cmyk", Adobe: true}.Write(img), Whole)
	add("CMYK without", JPEG{Model: "cmyk"}.Write(img), Whole)
	add("YCCK", JPEG{Model: "ycck", Adobe: true}.Write(img), Whole)
	add("YCCK sampled",
		JPEG{Model: "ycck", Adobe: true, Sampling: [][2]int{{2, 2}, {1, 1}, {1, 1}, {2, 2}}}.Write(img), Whole)
	add("a scan a component", JPEG{Apart: true, Sampling: [][2]int{{2, 1}}}.Write(img), Whole)
	add("without tables, as Motion JPEG", JPEG{NoTables: true}.Write(img), Whole)
	add("restarts", restarts, Whole)
	add("progressive", progressive, Whole)
	add("progressive with restarts", JPEG{Progressive: true, Restart: 3, Sampling: [][2]int{{2, 2}}}.Write(img), Whole)

	add("cut at 40 percent of its scan", fine[:start+(len(fine)-start)*4/10], Part, lax)
	add("without its end marker", fine[:len(fine)-2], Whole, lax)
	add("cut in its header", fine[:sof+5], Nothing)
	add("cut behind its header", fine[:start+3], Nothing)
	add("progressive cut in its first band", progressive[:len(progressive)*5/10], Part, func(f *File) { f.Off = 12 }, lax)
	add("progressive cut in its last band", progressive[:len(progressive)-4], Whole, lax)
	add("progressive cut in its averages", progressive[:bytes.Index(progressive, []byte{0xff, 0xda})+20], Nothing, lax)
	add("a restart marker missing", spliced(restarts, rst, 2), Part)
	add("another restart marker", spliced(restarts, rst+1, 1, 0xd2), Whole)
	add("damage before a restart", spliced(restarts, rst-6, 4, 0x55, 0xaa, 0x55, 0xaa), Part)
	add("garbage between markers", spliced(fine, sos, 0, 1, 2, 3, 0xff, 0x00), Whole)
	add("fill bytes before a marker", spliced(fine, sos, 0, 0xff, 0xff, 0xff), Whole)
	add("an unknown segment", spliced(fine, sos, 0, Segment(0xf3, 1, 2, 3)...), Whole, lax)
	add("a comment", spliced(fine, 2, 0, Segment(0xfe, []byte("hello")...)...), Whole)
	add("more behind its end", append(bytes.Clone(fine), make([]byte, 500)...), Whole)
	add("a second picture behind its end", append(bytes.Clone(fine), plain...), Whole)
	add("without its quantisation table", spliced(fine, 2, 69), Nothing)
	add("of 12 bits", spliced(plain, sof+4, 1, 12), Nothing)
	add("arithmetic", spliced(plain, sof+1, 1, 0xc9), Nothing, func(f *File) { f.Strict = true })
	add("lossless", spliced(plain, sof+1, 1, 0xc3), Nothing)
	add("hierarchical", spliced(plain, sof+1, 1, 0xc5), Nothing)
	add("of no height", spliced(plain, sof+5, 2, 0, 0), Nothing)
	add("of a factor of 5", spliced(plain, sof+11, 1, 0x51), Nothing)
	add("of two frames", spliced(plain, sof, 0, plain[sof:sof+19]...), Nothing)
	add("a scan of no component", spliced(fine, sos+5, 1, 9), Nothing)
	return append(files, profiled()...)
}

// sampled are files of all kinds of sampling.
func sampled() (files []File) {
	for _, s := range [][][2]int{
		{{1, 1}}, {{2, 1}}, {{1, 2}}, {{2, 2}}, {{4, 1}}, {{1, 4}}, {{4, 2}}, {{2, 4}},
		{{4, 2}, {2, 1}, {1, 1}}, {{1, 1}, {2, 1}, {1, 1}}, {{1, 1}, {2, 2}, {2, 2}}, {{2, 2}, {1, 1}, {1, 2}},
		{{2, 2}, {2, 1}, {2, 1}}, {{2, 2}, {1, 1}, {2, 2}}, {{1, 2}, {2, 1}, {1, 1}}, {{3, 1}}, {{1, 3}}, {{3, 3}, {1, 1}, {1, 1}},
		{{2, 2}, {2, 2}, {2, 1}},
	} {
		for _, p := range []bool{false, true} {
			j := JPEG{Sampling: s, Progressive: p}
			j.Apart = blocks(s) > 10 // no MCU is that large
			f := File{Name: fmt.Sprintf("sampling %v", s), Format: "jpeg", Data: j.Write(Drawing()), Off: 5}
			if p {
				f.Name += ", progressive"
			}
			files = append(files, f)
		}
	}
	// Ratios that are not whole; libjpeg, and so browsers, refuse them.
	for _, s := range [][][2]int{{{3, 1}, {2, 1}, {2, 1}}, {{3, 2}, {1, 1}, {2, 1}}, {{1, 3}, {1, 2}, {1, 1}}, {{4, 1}, {3, 1}, {1, 1}}} {
		files = append(files, File{Name: fmt.Sprintf("sampling %v", s), Format: "jpeg", Data: JPEG{Sampling: s}.Write(Drawing()), Off: 6, Lax: true})
	}
	return files
}

func blocks(sampling [][2]int) (n int) {
	for i := range 3 {
		if i < len(sampling) {
			n += sampling[i][0] * sampling[i][1]
		} else {
			n++
		}
	}
	return n
}
