/** An application that is compiled against the API alone. */
module com.example.hello {
  requires io.aragora.resilience;
}
