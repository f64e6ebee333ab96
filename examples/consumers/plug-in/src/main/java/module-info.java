import com.example.filestore.DiskSpace;
import com.example.filestore.FileStateStoreProvider;
import io.aragora.resilience.spi.HealthCheckProvider;
import io.aragora.resilience.spi.StateStoreProvider;

/** A plug-in of a third party: keeps breaker state in one plain file, and watches over the room on its disk. */
module com.example.filestore {
  requires io.aragora.resilience;

  provides StateStoreProvider with
      FileStateStoreProvider;
  provides HealthCheckProvider with
      DiskSpace;
}
