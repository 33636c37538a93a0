package kernel

import "math"

// Functions of single precision: a few times as quick as those of package math, and off by a
// few units in the last place, which is as good as their results are once stored.

const (
	sqrtPi  = 1.7724538509055160273
	sqrt2Pi = 2.5066282746310005024
)

// pick is a or b: what compilers make without a jump.
func pick(first bool, a, b float32) float32 {
	if first {
		return a
	}
	return b
}

// exp is e to the power of x: 2^n times a polynomial for what is left (Cephes, expf).
func exp(x float32) float32 {
	switch {
	case x > 88.72283:
		return float32(math.Inf(1))
	case x < -87.33655:
		return 0
	case x != x:
		return x
	}
	const log2e, high, low, up = 1.44269504088896341, 0.693359375, -2.12194440e-4, 256
	k := int32(x*log2e+(up+0.5)) - up // to the nearest, without asking for the sign
	n := float32(k)
	r := x - n*high - n*low
	p := float32(1.9875691500e-4)
	p = p*r + 1.3981999507e-3
	p = p*r + 8.3334519073e-3
	p = p*r + 4.1665795894e-2
	p = p*r + 1.6666665459e-1
	p = p*r + 5.0000001201e-1
	// In two halves, because 2^128 is not a number.
	half := k >> 1
	return (p*r*r + r + 1) * power2(half) * power2(k-half)
}

func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// expm1 is exp(x)-1, precise near zero.
func expm1(x float32) float32 {
	if x < -0.3 || x > 0.3 {
		return exp(x) - 1
	}
	p := float32(1. / 5040)
	p = p*x + 1./720
	p = p*x + 1./120
	p = p*x + 1./24
	p = p*x + 1./6
	p = p*x + 1./2
	return x + p*x*x
}

func sigmoid(x float32) float32 { return 1 / (1 + exp(-x)) }

// tanh is precise near zero too.
func tanh(x float32) float32 {
	a := max(x, -x)
	if a < 0.5 {
		s := x * x
		p := float32(-5.70498872745e-3) // Cephes, tanhf
		p = p*s + 2.06390887954e-2
		p = p*s - 5.37397155531e-2
		p = p*s + 1.33314422036e-1
		p = p*s - 3.33332819422e-1
		return x + x*s*p
	}
	y := 1 - 2/(exp(2*a)+1)
	return pick(x < 0, -y, y)
}

// softplus is log(1+exp(x)). The logarithm of 1+t is twice the series of the inverse hyperbolic
// tangent at t/(2+t), which is at most a third here.
func softplus(x float32) float32 {
	t := exp(-max(x, -x))
	z := t / (2 + t)
	s := z * z
	p := float32(2. / 13)
	p = p*s + 2./11
	p = p*s + 2./9
	p = p*s + 2./7
	p = p*s + 2./5
	p = p*s + 2./3
	p = p*s + 2
	return max(x, 0) + z*p
}

// erf is the error function: its series near zero, else what its tail leaves.
func erf(x float32) float32 {
	a := max(x, -x)
	if a < 0.5 {
		s := x * x
		p := float32(-1. / 1320)
		p = p*s + 1./216
		p = p*s - 1./42
		p = p*s + 1./10
		p = p*s - 1./3
		return 2 / sqrtPi * (x + x*s*p)
	}
	y := 1 - tail(a, exp(-a*a))
	return pick(x < 0, -y, y)
}

// tail is 1-erf(a) for a from zero on, given exp(-a*a): Abramowitz and Stegun's formula 7.1.26,
// off by 1.5e-7.
func tail(a, e float32) float32 {
	t := 1 / (1 + 0.3275911*a)
	p := float32(1.061405429)
	p = p*t - 1.453152027
	p = p*t + 1.421413741
	p = p*t - 0.284496736
	p = p*t + 0.254829592
	return p * t * e
}

// normal is the share of the normal distribution that is below x, given exp(-x*x/2).
func normal(x, e float32) float32 {
	y := tail(max(x, -x)/math.Sqrt2, e) / 2
	return pick(x < 0, y, 1-y)
}

// bend is what GELU's other formula takes the hyperbolic tangent of.
func bend(x float32) float32 { return 2 / sqrt2Pi * (x + 0.044715*x*x*x) }

// power is x to the power of a.
func power(x, a float32) float32 {
	switch a {
	case 0:
		return 1
	case 1:
		return x
	case 2:
		return x * x
	case 3:
		return x * x * x
	case -1:
		return 1 / x
	case 0.5:
		return float32(math.Sqrt(float64(x)))
	}
	return float32(math.Pow(float64(x), float64(a)))
}

// log is the natural logarithm of a positive number that is no denormal one (Cephes, logf).
func log(x float32) float32 {
	const half, high, low = 0x3f000000, 0.693359375, -2.12194440e-4
	bits := math.Float32bits(x)
	n := float32(int32(bits>>23) - 126)
	m := math.Float32frombits(bits&0x007fffff | half) // 1/2..1
	if m < math.Sqrt2/2 {
		m += m
		n--
	}
	m--
	p := float32(7.0376836292e-2)
	p = p*m - 1.1514610310e-1
	p = p*m + 1.1676998740e-1
	p = p*m - 1.2420140846e-1
	p = p*m + 1.4249322787e-1
	p = p*m - 1.6668057665e-1
	p = p*m + 2.0000714765e-1
	p = p*m - 2.4999993993e-1
	p = p*m + 3.3333331174e-1
	s := m * m
	return m + (p*m*s + n*low - s/2) + n*high
}
