// Package gcsblob stands in for the driver of Google Cloud Storage, which brings all of its API and of Envoy's.
package gcsblob

// Scheme of the URLs that it would open.
const Scheme = "gs"
