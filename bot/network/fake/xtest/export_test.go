package xtest

// For the example of RFC 5849.
var (
	BaseString = baseString
	Signature  = signature
	Protocol   = protocol
	Weight     = weight
)
