"""Simulated glioma patients, made from the averaged brain that nilearn carries: no patient's data is needed."""
