// Package cloud stands in for `pulumi api`: its library for OpenAPI is a quarter of the whole build.
package cloud

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/backend/httpstate/client"
	"github.com/spf13/cobra"
)

var errLeftOut = errors.New("this build of the Pulumi CLI has no commands for Pulumi Cloud: use the official CLI")

// APIError is what only `pulumi api` returns.
type APIError struct {
	ExitCode int
	Silent   bool
}

func (*APIError) Error() string { return errLeftOut.Error() }

// ResolvedContext is what commands for Pulumi Cloud ask for.
type ResolvedContext struct {
	Client   *client.Client
	CloudURL string
	OrgName  string
	LoggedIn bool
}

// ResolveContext refuses.
func ResolveContext(context.Context) (*ResolvedContext, error) { return nil, errLeftOut }

// NewAPICmd returns a command that refuses.
func NewAPICmd() *cobra.Command {
	return &cobra.Command{Use: "api", Hidden: true, RunE: func(*cobra.Command, []string) error { return errLeftOut }}
}
