<#
.SYNOPSIS
    Makes or removes transport rules against recipients in domains that look like protected ones.
.DESCRIPTION
    Written by `milguard gateway --format exchange`; changes made here are lost.

    1. Connect: Connect-ExchangeOnline (for GCC High and DoD with -ExchangeEnvironmentName), or open the
       Exchange Management Shell on a server.
    2. Look at what would happen:   .\milguard.ps1 -WhatIf
    3. Make or renew the rules:     .\milguard.ps1
       New rules only audit: mail passes, and the message trace names the rule.
    4. Refuse mail from then on:    .\milguard.ps1 -Enforce
    5. Remove all of them again:    .\milguard.ps1 -Remove

    The script can be run as often as you like: rules are known by their names, which begin with
    "Milguard: ", and those that are no longer in it are removed. Rules that exist keep their mode unless -Enforce is
    given. In Exchange Online new rules take up to half an hour to act.
.PARAMETER Enforce
    Gives all rules the policy's own mode.
.PARAMETER Remove
    Removes the rules.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [switch] $Remove,
    [switch] $Enforce
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What the policy asks for: Enforce refuses mail; Audit writes to the message trace and lets mail pass.
$policyMode = '{{mode}}'

# New rules only audit, so that you can look at the message trace before any mail is refused.
$mode = 'Audit'
if ($Enforce) {
    $mode = $policyMode
}

$rules = @(
{{rules}}
)

$existing = @(Get-TransportRule | Where-Object { $_.Name -like 'Milguard: *' })

if (-not $Remove) {
    foreach ($rule in $rules) {
        $settings = @{
            SentToScope = 'NotInOrganization'
            RecipientAddressMatchesPatterns = $rule.RecipientAddressMatchesPatterns
            RejectMessageReasonText = $rule.RejectMessageReasonText
        }
        if ($rule.ContainsKey('ExceptIfRecipientAddressMatchesPatterns')) {
            $settings['ExceptIfRecipientAddressMatchesPatterns'] = $rule.ExceptIfRecipientAddressMatchesPatterns
        }
        $known = @($existing | Where-Object { $_.Name -eq $rule.Name })
        if ($known.Count -gt 0) {
            if (-not $settings.ContainsKey('ExceptIfRecipientAddressMatchesPatterns')) {
                $settings['ExceptIfRecipientAddressMatchesPatterns'] = $null
            }
            if ($Enforce -or $policyMode -eq 'Audit') {
                $settings['Mode'] = $mode
            }
            if ($PSCmdlet.ShouldProcess($rule.Name, 'Set-TransportRule')) {
                Set-TransportRule -Identity $rule.Name @settings
            }
        }
        elseif ($PSCmdlet.ShouldProcess($rule.Name, 'New-TransportRule')) {
            New-TransportRule -Name $rule.Name -Mode $mode @settings | Out-Null
        }
    }
}

$wanted = @()
if (-not $Remove) {
    $wanted = @($rules | ForEach-Object { $_.Name })
}
foreach ($rule in $existing) {
    if ($wanted -notcontains $rule.Name) {
        if ($PSCmdlet.ShouldProcess($rule.Name, 'Remove-TransportRule')) {
            Remove-TransportRule -Identity $rule.Name -Confirm:$false
        }
    }
}
