"""Rows, letters and executions in BigQuery: written by clients of ours that confirm what they wrote."""
