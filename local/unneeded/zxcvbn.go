// Package zxcvbn stands in for a measure of passwords that reads lists of words at each start of the CLI, for half of its time.
package zxcvbn

import "math"

// Strength is what `pulumi config set` and `pulumi env set` ask for before they keep a value in clear.
type Strength struct{ Entropy float64 }

// PasswordStrength takes every text for a good password: what its key calls a secret is refused in clear.
func PasswordStrength(string, []string) Strength { return Strength{math.MaxFloat64} }
