terraform {
  # Ephemeral variables with validations that read other variables. No provider is needed: terraform_data is built in.
  required_version = ">= 1.11.0"
}
