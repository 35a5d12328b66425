"""Makes tracks on an existing Dask cluster, with the code that worker processes run locally."""

from chipassets.cluster.address import parse_address
from chipassets.cluster.run import Cluster, open_cluster

__all__ = ["Cluster", "open_cluster", "parse_address"]
