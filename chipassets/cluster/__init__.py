"""Tracks on an existing Dask cluster: the same work as in worker processes, on other machines."""

from chipassets.cluster.address import parse_address
from chipassets.cluster.run import Cluster, open_cluster

__all__ = ["Cluster", "open_cluster", "parse_address"]
