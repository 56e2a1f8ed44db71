//go:build tools

// Package tools names etcd, so that go.mod and go.sum pin everything it needs.
package tools

import _ "go.etcd.io/etcd/server/v3"
