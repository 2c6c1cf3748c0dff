"""Simulated glioma patients, made from the averaged brain that nilearn carries: nobody's data is needed."""

from core.cohort.simulation.cohort_files import write_cohort
from core.cohort.simulation.patient import SimulatedPatient, simulate_patient

__all__ = ["SimulatedPatient", "simulate_patient", "write_cohort"]
