package safehttp

// Public is the rule on addresses, for tests: no test can listen on a public one.
var Public = public
