// Package webp decodes WebP files of strangers: stills, and the first frame of animations, laid on
// their canvas. golang.org/x/image/webp decodes the pixels; this package knows the container, which
// that one reads of stills only, and the colours of lossy files.
//
// The format: WebP container specification (Google). A frame whose data are cut short is an error,
// as Chromium shows nothing of it.
package webp
