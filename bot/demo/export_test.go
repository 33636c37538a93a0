package demo

// Page and View are for tests.
var Page = page

type View = view
