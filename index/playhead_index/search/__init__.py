"""From a query to moments: ranked lists a lane, fused by rank, joined in time."""
