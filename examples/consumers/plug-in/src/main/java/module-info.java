import com.example.filestore.DiskSpace;
import com.example.filestore.FileStateStoreProvider;
import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.persistence.StateStoreProvider;

/** A plug-in of a third party: saves breaker state in one plain file, and checks the free space of its disk. */
module com.example.filestore {
  requires io.aragora.resilience;

  provides StateStoreProvider with
      FileStateStoreProvider;
  provides HealthCheckProvider with
      DiskSpace;
}
