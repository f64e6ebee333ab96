/** The bridge to gRPC. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.grpc;
