mod hostile;
mod leaves;
mod records;
