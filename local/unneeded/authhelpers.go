// Package authhelpers stands in for credentials of Google Cloud, whose state and keys this build does not reach.
package authhelpers

import (
	"context"
	"errors"

	"gocloud.dev/blob"
	"golang.org/x/oauth2/google"
)

var errLeftOut = errors.New("this build of the Pulumi CLI does not reach Google Cloud: use the official CLI")

// ResolveGoogleCredentials refuses.
func ResolveGoogleCredentials(context.Context, string) (*google.Credentials, error) { return nil, errLeftOut }

// GoogleCredentialsMux refuses.
func GoogleCredentialsMux(context.Context) (*blob.URLMux, error) { return nil, errLeftOut }
