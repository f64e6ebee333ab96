/** A shop that runs on the module path: it requires three modules, and finds the others at run time. */
module com.example.shop {
  requires io.aragora.resilience;
  requires io.aragora.resilience.health;
  requires io.aragora.resilience.http;
}
