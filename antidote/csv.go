package antidote

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"slugpuppy/antidote/pdq"
)

// csvHead is the first line of a list as programs around ThreatExchange take it: hash, its kind and quality, when
// and what for.
var csvHead = []string{"signal", "signal_type", "quality", "added", "tags"}

// WriteCSV writes records for programs that know PDQ.
func WriteCSV(w io.Writer, records []Record) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHead); err != nil {
		return fmt.Errorf("write hashes: %w", err)
	}
	for _, r := range records {
		row := []string{r.PDQ.String(), "pdq", strconv.Itoa(r.Quality), r.Made.UTC().Format(time.RFC3339), "deepdream slugpuppy"}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write hashes: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write hashes: %w", err)
	}
	return nil
}

// ErrNoCSV is what ReadCSV says of anything without hashes.
var ErrNoCSV = errors.New("there are no PDQ hashes in it")

// ReadCSV reads lines that begin with a PDQ hash, as WriteCSV and other programs write them; others, such as a line
// with names, are passed over and counted. Quality is the first later field that is a number up to 100, and is full
// where none is. Such records know of no core: only copies that nothing was cropped off are found by them.
func ReadCSV(r io.Reader) (records []Record, passed int, err error) {
	lines := bufio.NewScanner(io.LimitReader(r, MostWhole))
	for lines.Scan() {
		record, ok := readRow(lines.Bytes())
		switch {
		case !ok:
			passed++
		case len(records) == MostRecords:
			return nil, 0, fmt.Errorf("more than %d hashes", MostRecords)
		default:
			records = append(records, record)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, 0, fmt.Errorf("read hashes: %w", err)
	}
	if len(records) == 0 {
		return nil, passed, ErrNoCSV
	}
	return records, passed, nil
}

func readRow(line []byte) (r Record, ok bool) {
	fields := bytes.Split(line, []byte(","))
	for i, f := range fields {
		fields[i] = bytes.Trim(f, "\" \t\r")
	}
	h, err := pdq.Parse(string(fields[0]))
	if err != nil || h == none {
		return r, false
	}
	r = Record{PDQ: h, Quality: 100}
	for _, f := range fields[1:] {
		if n, err := strconv.Atoi(string(f)); err == nil && n >= 0 && n <= 100 {
			r.Quality = n
			break
		}
	}
	for _, f := range fields[1:] {
		if t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(f))); err == nil {
			r.Made = t.UTC()
			break
		}
	}
	return r, true
}
